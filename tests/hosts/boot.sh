#!/usr/bin/env bash
# boot.sh - the Debian package on a host of its own: a container in which systemd runs.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/hosts/boot.sh                      with the packages of build/, on this Debian
#   tests/hosts/boot.sh trixie FOLDER        on another Debian, with packages built there
#
# Installs, starts, publishes, kills every program, hangs one, gives one a wrong setting, and
# removes. Needs root, docker.io and debootstrap; takes three minutes and so is no part of
# tests/run.sh. systemd-analyze sees neither which system calls a library needs nor what a
# program does when it is killed: run this after a change of the units.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=/dev/null
suite=${1:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
packages=${2:-}
name=postrider-boot-$$
image=postrider-boot:$suite
work=$(mktemp -d)

say() { printf '%s\n' "$*"; }
fail() {
    say "FAILED: $*"
    docker exec "$name" journalctl --no-pager -n 60 -u 'postrider*' || true
    exit 1
}
finish() {
    docker rm -f "$name" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

inside() { docker exec "$name" "$@"; }

# until_true SECONDS WHAT COMMAND…
until_true() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "$what"
        sleep 0.2
    done
    say "ok: $what"
}

make_image() {
    docker image inspect "$image" >/dev/null 2>&1 && return
    say "making the image $image"
    debootstrap --variant=minbase \
        --include=systemd,systemd-sysv,dbus,redis-server,ca-certificates,openssl,procps \
        "$suite" "$work/root" >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
    # With what the package needs, so that the container itself needs no network.
    cp /etc/resolv.conf "$work/root/etc/"
    cp "$work"/packages/postrider_*.deb "$work/root/root/"
    chroot "$work/root" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends /root/postrider_*.deb && apt-get clean &&
        rm /root/*.deb && dpkg --purge postrider' >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
    tar -C "$work/root" -c . | docker import -c 'ENV container=docker' - "$image" >/dev/null
    rm -rf "$work/root"
}

take_packages() {
    mkdir "$work/packages"
    if [ -n "$packages" ]; then
        cp "$packages"/*.deb "$work/packages"
    else
        (cd build && cpack -G DEB -B "$work/packages" >/dev/null)
    fi
}

# What the container's own /sbin/init finds: cgroups that it may write, and mounts that reach
# into the namespaces of its units.
boot() {
    # systemd 256 and newer knows only the unified hierarchy.
    cat >"$work/init" <<'INIT'
#!/bin/sh
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --make-rshared /
exec /sbin/init
INIT
    docker run -d --name "$name" --hostname host-a --cap-add ALL --cap-drop SYS_RESOURCE \
        --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
        --cgroupns=private --network none --tmpfs /run --tmpfs /tmp -v "$work:/mnt:ro" \
        "$image" /bin/sh /mnt/init >/dev/null
    until_true 30 "systemd runs" inside systemctl is-active multi-user.target
}

install_package() {
    inside sh -c 'dpkg -i /mnt/packages/postrider_*.deb' >"$work/log" 2>&1 ||
        { tail -n 20 "$work/log"; fail "installing; the image may be old: docker rmi $image"; }
    inside sh -c '! systemctl list-units --plain --no-legend "postrider*" | grep .' ||
        fail "installing starts nothing"
    say "ok: installed, nothing started"
}

configure() {
    inside sh -euc '
        umask 077
        openssl rand -hex 32 >/etc/postrider/master.key
        openssl rand -hex 24 >/etc/postrider/admin.key
        echo POSTRIDER_DEV=true >>/etc/postrider/postrider.conf
        install -o redis -g redis -m 640 \
            /usr/share/doc/postrider/examples/redis-postrider.conf /etc/redis/
        systemctl enable -q --now redis-server@postrider
        systemctl enable -q postrider-ingest postrider-router@1 postrider-router@2 \
            postrider-tokens postrider-sender@1 postrider-sender@2 postrider-console \
            postrider.target
        systemctl start postrider.target'
}

units=(postrider-ingest postrider-router@1 postrider-router@2 postrider-tokens
    postrider-sender@1 postrider-sender@2 postrider-console)

pr() { inside env POSTRIDER_ADMIN_KEY_FILE=/etc/postrider/admin.key postrider "$@"; }

all_healthy() {
    local unit
    for unit in "${units[@]}"; do
        [ "$(inside systemctl show -P ActiveState "$unit")" = active ] &&
            inside systemctl status --no-pager "$unit" | grep -q 'Status: "healthy"' || return 1
    done
}

delivers() {
    pr publish --project demo --event emailOpen --user u-1 --data "{\"n\":$1}" >/dev/null
    until_true 20 "event $1 is delivered" pr inbox demo --wait "$1" --timeout-ms 1000
}

killed_all_come_back() {
    local unit
    for unit in "${units[@]}"; do
        inside sh -c "kill -9 \$(systemctl show -P MainPID $unit)"
    done
    until_true 30 "killed, all come back" all_healthy
    for unit in "${units[@]}"; do
        [ "$(inside systemctl show -P NRestarts "$unit")" = 1 ] || fail "$unit was started again once"
    done
}

hanging_is_ended() {
    inside sh -c 'kill -STOP $(systemctl show -P MainPID postrider-sender@2)'
    until_true 60 "what hangs is ended by the watchdog" inside sh -c \
        'journalctl -u postrider-sender@2 | grep -q "result .watchdog."'
    until_true 30 "and comes back" all_healthy
}

wrong_setting_is_final() {
    inside sh -c 'echo POSTRIDER_SENDER_MAX_IN_FLIGHT=0 >/etc/postrider/sender-2.conf
        systemctl restart postrider-sender@2' 2>/dev/null && fail "a wrong setting ends the start"
    [ "$(inside systemctl show -P ActiveState postrider-sender@2)" = failed ] ||
        fail "a wrong setting is not tried again"
    say "ok: a wrong setting is not tried again"
    inside sh -c 'rm /etc/postrider/sender-2.conf; systemctl restart postrider-sender@2'
}

redis_away_is_said() {
    inside systemctl stop redis-server@postrider
    until_true 20 "without Redis, systemctl status says so" inside sh -c \
        'systemctl status --no-pager postrider-ingest | grep -q "Status: .redis is away"'
    inside systemctl start redis-server@postrider
    until_true 30 "with Redis all is well again" all_healthy
}

# One drop-in for all units, as docs/operations.md has it.
curve_is_a_credential() {
    inside sh -euc '
        mkdir -p /etc/postrider/keys /etc/postrider/services
        postrider keygen host-a --dir /etc/postrider/keys >/dev/null
        cp /etc/postrider/keys/host-a.key /etc/postrider/services/
        chmod 755 /etc/postrider/services && chmod 644 /etc/postrider/services/*
        echo POSTRIDER_CURVE_SERVICES=/etc/postrider/services >>/etc/postrider/postrider.conf
        cd /etc/systemd/system
        mkdir postrider-.service.d postrider-@.service.d
        printf "%s\n" "[Service]" \
            "LoadCredential=curve.key:/etc/postrider/keys/host-a.key_secret" \
            "Environment=POSTRIDER_CURVE_KEY_FILE=%d/curve.key" \
            >postrider-.service.d/curve.conf
        cp postrider-.service.d/curve.conf postrider-@.service.d/
        systemctl daemon-reload
        systemctl restart postrider.target'
    until_true 30 "with CURVE all are healthy" all_healthy
    inside sh -c '[ "$(journalctl -o cat -u "postrider*" | grep -c "event=curve ")" -ge 7 ]' ||
        fail "every program has the key"
}

stops_in_order() {
    local since
    since=$(inside date +%s)
    inside systemctl stop postrider.target
    inside sh -c 'journalctl -o cat --since "@$0" -u "postrider*" | grep -E "event=(signal|stop)"' "$since" |
        awk '/event=stop/ && /service=(ingest|sender|console)/ { workers++ }
             /event=signal/ && /service=(router|tokens)/ && workers < 4 { bad = 1 }
             END { exit bad || workers < 4 }' || fail "routers and tokens end last"
    say "ok: routers and tokens end last"
}

removes() {
    inside systemctl start postrider.target
    inside dpkg --purge postrider >/dev/null 2>&1
    inside sh -c '! pgrep postrider' >/dev/null || fail "nothing runs on"
    inside test -f /etc/postrider/master.key || fail "the keys stay"
    inside sh -c '! find /etc/systemd -name "postrider*" -type l | grep .' || fail "nothing is left enabled"
    say "ok: removed, the keys stay"
}

take_packages
make_image
boot
install_package
configure
until_true 30 "all programs are healthy" all_healthy
pr projects create demo >/dev/null
pr webhooks create --project demo --name inbox --url http://localhost:8080/inbox/demo >/dev/null
delivers 1
killed_all_come_back
delivers 2
redis_away_is_said
wrong_setting_is_final
hanging_is_ended
curve_is_a_credential
delivers 3
stops_in_order
removes
say "passed on $suite"
