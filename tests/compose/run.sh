#!/usr/bin/env bash
# run.sh - runs docker-compose.yml in a container engine, under load and kills.
# SPDX-License-Identifier: Apache-2.0
#
# Takes the engine that runs, or starts one of its own and stops it at the end. Where none can
# be had it says so and ends with 77: nothing was tested. Images and containers that it made
# are removed. The programs of POSTRIDER_BUILD (by default build/) are needed for the receiver.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/postrider-compose-XXXXXX)
daemon=

skip() {
    printf 'compose: nothing was tested: %s\n' "$*"
    exit 77
}

stop_daemon() {
    [ -n "$daemon" ] || return 0
    # containerd is its child, and ends with it.
    kill "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
    # It leaves its network namespace mounted.
    umount "$work"/exec/netns/* 2>/dev/null
    daemon=
}

clean_up() {
    stop_daemon
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# start_daemon DRIVER: one that shares nothing with another but the machine.
start_daemon() {
    dockerd --storage-driver="$1" --data-root="$work/data" --exec-root="$work/exec" \
        --pidfile="$work/dockerd.pid" --host="unix://$work/docker.sock" --bridge=none \
        >"$work/dockerd.log" 2>&1 &
    daemon=$!
    export DOCKER_HOST=unix://$work/docker.sock
    # Its socket is there when it takes calls; it ends by itself when it cannot work.
    while kill -0 "$daemon" 2>/dev/null; do
        if docker version >/dev/null 2>&1; then
            # Its folder is removed as a whole.
            export KEEP_IMAGES=1
            return 0
        fi
        sleep 0.2
    done
    wait "$daemon" 2>/dev/null
    daemon=
    unset DOCKER_HOST
    return 1
}

# Some places let an engine start, and then no container with a network and a port.
can_run() {
    local name=postrider-compose-probe-$$ code
    rm -rf "$work/probe"
    "$here/../../deploy/image-root.sh" "$work/probe" /usr/bin/true && rm -r "$work/probe/usr/share" &&
        tar -C "$work/probe" -c . | docker import - "$name" &&
        docker network create "$name" &&
        docker run --rm --network "$name" -p 127.0.0.1::9 "$name" /usr/local/bin/true
    code=$?
    docker network rm "$name"
    docker image rm "$name"
    return $code
}

find_engine() {
    local driver
    command -v docker >/dev/null || skip "there is no docker"
    if docker version >/dev/null 2>&1; then
        can_run >"$work/probe.log" 2>&1 || skip "the engine runs no container: $(reason)"
        return
    fi
    command -v dockerd >/dev/null || skip "there is no dockerd"
    [ "$(id -u)" -eq 0 ] || skip "no engine runs, and only root can start one"
    # vfs copies every layer whole, and works everywhere.
    for driver in overlay2 vfs; do
        start_daemon "$driver" || continue
        can_run >"$work/probe.log" 2>&1 && return
        stop_daemon
    done
    [ -s "$work/probe.log" ] && skip "dockerd starts, and runs no container: $(reason)"
    skip "dockerd does not start: $(tail -n 1 "$work/dockerd.log")"
}

# What the probe's docker said, but for what it said after that.
reason() {
    grep -m 1 -iE 'error|fail|denied|cannot' "$work/probe.log" || tail -n 1 "$work/probe.log"
}

command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1 ||
    skip "there is no docker-compose"
find_engine
/usr/bin/python3 -m pytest -q -p no:cacheprovider -rfEs --durations=8 "$here" "$@"
code=$?
exit "$code"
