#!/usr/bin/env bash
# quickstart.sh - from a fresh Debian 12 to the first webhook delivered.
# SPDX-License-Identifier: Apache-2.0
#
#   deploy/quickstart.sh          builds, starts, publishes one event, shows it arriving,
#                                 and leaves the system running
#   deploy/quickstart.sh --once   the same, and stops the system at the end
#
# It can be run again: what is installed, built or created already stays as it is. The
# data is in ./postrider-data, the log in ./postrider-data/up.log.
set -euo pipefail
cd "$(dirname "$0")/.."

data=./postrider-data
log=$data/up.log
console=http://127.0.0.1:8080
postrider=build/bin/postrider
once=false
up_pid=

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

usage() {
    printf 'usage: deploy/quickstart.sh [--once]\n'
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "installing packages needs root or sudo"
    fi
}

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

install_missing() {
    local missing=() package
    # shellcheck source=packages.sh
    . deploy/packages.sh
    command -v dpkg-query >/dev/null || fail "this is for Debian; see README.md for what to install"
    for package in "${BUILD_PACKAGES[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing ${missing[*]}"
    as_root apt-get update -q
    # Debian starts a Redis of its own after installing one; Postrider brings its own.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
        --no-install-recommends "${missing[@]}"
}

build() {
    say "Building (build/)"
    cmake --preset release -DPOSTRIDER_TESTS=OFF >/dev/null
    cmake --build --preset release
}

pr() { "$postrider" "$@"; }

stop_up() {
    [ -n "$up_pid" ] || return 0
    kill "$up_pid" 2>/dev/null || true
    wait "$up_pid" 2>/dev/null || true
    up_pid=
}

start() {
    local line
    if pr status >/dev/null 2>&1; then
        say "Postrider runs already at $console: it is used, and left running"
        return
    fi
    say "Starting postrider up --dev (log: $log)"
    mkdir -p -m 700 "$data"
    # The ready line comes through a pipe, so that waiting for it needs no clock: the
    # pipe ends when the program does.
    rm -f "$data/ready"
    mkfifo -m 600 "$data/ready"
    nohup "$postrider" up --dev --data "$data" >"$data/ready" 2>>"$log" </dev/null &
    up_pid=$!
    trap stop_up EXIT
    if ! read -r line <"$data/ready"; then
        tail -n 20 "$log" >&2
        fail "postrider did not start"
    fi
    rm -f "$data/ready"
    printf '%s\n' "$line"
    console=${line#*console=}
    console=${console%% *}
    export POSTRIDER_CLI_CONSOLE_URL=$console
    export POSTRIDER_CLI_PUBLISH_ENDPOINT=${line#*publish=}
}

create_webhook() {
    say "Project demo, with a webhook to the built-in inbox $console/inbox/demo"
    pr projects get demo >/dev/null 2>&1 || pr projects create demo
    pr webhooks get inbox --project demo >/dev/null 2>&1 ||
        pr webhooks create --project demo --name inbox --url "$console/inbox/demo" >/dev/null
    pr webhooks list --project demo
    pr inbox demo --clear >/dev/null
}

publish() {
    say "Publishing one event over ZeroMQ"
    pr publish --project demo --event emailOpen --email ada@example.com --user u-1 \
        --data '{"campaignId": 42, "subject": "Hello"}'
    say "It arrives"
    pr inbox demo --wait 1 --timeout-ms 20000
}

main() {
    case ${1-} in
    --once) once=true ;;
    --help | -h) usage; exit 0 ;;
    '') ;;
    *) usage >&2; exit 2 ;;
    esac
    install_missing
    build
    start
    create_webhook
    publish
    if $once; then
        [ -z "$up_pid" ] || say "Stopping"
        stop_up
        trap - EXIT
        return
    fi
    trap - EXIT
    [ -n "$up_pid" ] || return 0
    disown "$up_pid"
    say "Postrider runs on (console $console, publish $POSTRIDER_CLI_PUBLISH_ENDPOINT)"
    printf 'Try: %s publish --project demo --event emailClick --user u-1\n' "$postrider"
    printf 'Stop it with: kill %s\n' "$up_pid"
}

main "$@"
