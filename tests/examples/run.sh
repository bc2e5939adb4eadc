#!/usr/bin/env bash
# run.sh - runs each publisher example against a system of its own.
# SPDX-License-Identifier: Apache-2.0
#
# An example passes when it prints one event id for each message and all of them arrive in
# the built-in inbox. The programs are taken from POSTRIDER_BUILD, by default build/. The
# last line is "N passed, N failed"; exit 1 if any failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "${POSTRIDER_BUILD:-$root/build}" && pwd) || exit 1
postrider=$build/bin/postrider
work=$(mktemp -d)
passed=0
failed=0
up_pid=

clean_up() {
    if [ -n "$up_pid" ]; then
        kill "$up_pid" && wait "$up_pid"
    fi
    rm -rf "$work"
}
trap clean_up EXIT

# Free ports for everything; the ready line names the two that matter.
start() {
    local name line
    for name in $(compgen -v POSTRIDER_); do
        unset "$name"
    done
    for name in INGEST_PULL INGEST_HTTP INGEST_ADMIN ROUTER_ADMIN SENDER_ADMIN CONSOLE_HTTP \
        CONSOLE_ADMIN INGEST_PUBLISH ROUTER_SENDER ROUTER_INGEST ROUTER_FEED; do
        case $name in
        INGEST_PUBLISH | INGEST_PULL | ROUTER_SENDER | ROUTER_INGEST | ROUTER_FEED)
            export "POSTRIDER_${name}_BIND=tcp://127.0.0.1:0" ;;
        *) export "POSTRIDER_${name}_BIND=127.0.0.1:0" ;;
        esac
    done
    mkfifo "$work/ready"
    "$postrider" up --dev --data "$work/data" >"$work/ready" 2>"$work/up.log" &
    up_pid=$!
    read -r line <"$work/ready" || return 1
    console=${line#*console=}
    console=${console%% *}
    endpoint=${line#*publish=}
    export POSTRIDER_CLI_CONSOLE_URL=$console POSTRIDER_CLI_PUBLISH_ENDPOINT=$endpoint
    export POSTRIDER_UP_DATA=$work/data
}

create() {
    "$postrider" projects create examples &&
        "$postrider" webhooks create --project examples --name inbox \
            --url "$console/inbox/examples" >/dev/null
}

# check NAME COUNT COMMAND...: runs it, and looks for its ids in the inbox.
check() {
    local name=$1 count=$2 ids id inbox
    shift 2
    "$postrider" inbox examples --clear >/dev/null
    if ids=$("$@" "$endpoint" examples) &&
        [ "$(grep -c '^evt_' <<<"$ids")" -eq "$count" ] &&
        inbox=$("$postrider" inbox examples --wait "$count"); then
        for id in $ids; do
            grep -q "webhook-id: $id" <<<"$inbox" || ids=
        done
    else
        ids=
    fi
    if [ -n "$ids" ]; then
        passed=$((passed + 1))
        printf 'ok      %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n' "$name"
    fi
}

# As a stranger would: from the installed header, library and pkg-config file.
build_c() {
    local prefix=$work/prefix
    cmake --install "$build" --prefix "$prefix" >/dev/null || return 1
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name postrider.pc)")
    LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
    export PKG_CONFIG_PATH LD_LIBRARY_PATH
    # pkg-config knows the prefix of the configuration, not the one installed to.
    # shellcheck disable=SC2046
    cc -Wall -Wextra -o "$work/publish" "$here/publish.c" \
        $(pkg-config --define-variable=prefix="$prefix" --cflags --libs postrider)
}

if start && create; then
    python=$(command -v /usr/bin/python3 || command -v python3)
    check "Python (pyzmq)" 3 "$python" "$here/publish.py"
    check "Node (npm zeromq)" 3 node "$here/publish.mjs"
    if build_c; then
        check "C (libpostrider)" 3 "$work/publish"
    else
        failed=$((failed + 1))
        printf 'FAILED  C (libpostrider): it does not build\n'
    fi
else
    failed=$((failed + 1))
    cat "$work/up.log"
fi
if [ "$failed" -gt 0 ]; then
    tail -n 50 "$work/up.log"
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
