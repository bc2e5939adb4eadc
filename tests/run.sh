#!/usr/bin/env bash
# run.sh - installs what is missing, builds, and runs every test.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/run.sh                 everything
#   tests/run.sh unit system     only these: style unit model system fault examples
#
# The last line is "N passed, N failed" over all suites; exit 1 if any failed.
# Each suite's output is kept in build/tests/<suite>.log.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
root=$PWD
logs=$root/build/tests
jobs=$(nproc)
passed=0
failed=0
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(style unit model system fault examples compose)

export POSTRIDER_BUILD=$root/build
# shellcheck source=../deploy/packages.sh
. deploy/packages.sh

say() { printf '%s\n' "$*"; }

wanted() {
    local suite
    for suite in "${suites[@]}"; do
        [ "$suite" = "$1" ] && return 0
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

install_missing() {
    local missing=() package
    for package in "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"; do
        # What did not come as a package will do.
        case $package in
        nodejs | npm) command -v "${package/nodejs/node}" >/dev/null && continue ;;
        docker.io) command -v dockerd >/dev/null && continue ;;
        docker-cli) command -v docker >/dev/null && continue ;;
        docker-compose) docker compose version >/dev/null 2>&1 && continue ;;
        esac
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"' sh "${missing[@]}"
}

# result NAME PASSED FAILED SECONDS: adds up, and shows the log of what failed.
result() {
    local name=$1 ok=$2 bad=$3 seconds=$4
    passed=$((passed + ok))
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        say "---- $name, the end of its output:"
        tail -n "${TAIL_LINES:-150}" "$logs/$name.log"
    fi
    say "$(printf '%-10s %4d passed, %d failed, %d s' "$name" "$ok" "$bad" "$seconds")"
}

# A suite whose exit code is its only result.
run_plain() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$logs/$name.log" 2>&1; then
        result "$name" 1 0 $((SECONDS - start))
    else
        result "$name" 0 1 $((SECONDS - start))
        return 1
    fi
}

# A number in front of a word on the line that sums up, 0 if there is none.
number_of() {
    local found
    found=$(tail -n 5 "$1" | grep -oE "[0-9]+ $2" | tail -n 1)
    printf '%d' "${found%% *}"
}

# What the log of a suite that ends with "N passed, N failed" says, as pytest's does.
counted() {
    local name=$1 code=$2 seconds=$3 ok bad
    ok=$(number_of "$logs/$name.log" passed)
    bad=$(($(number_of "$logs/$name.log" failed) + $(number_of "$logs/$name.log" error)))
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi
    if [ $((ok + bad)) -eq 0 ]; then
        # Nothing ran: that is no success.
        if [ "$code" -eq 0 ]; then ok=1; fi
    fi
    result "$name" "$ok" "$bad" "$seconds"
}

run_counted() {
    local name=$1 start=$SECONDS
    shift
    "$@" >"$logs/$name.log" 2>&1
    counted "$name" $? $((SECONDS - start))
}

# beside NAME COMMAND...: what follows does not wait for it, join NAME does.
declare -A beside_pids
beside() {
    local name=$1
    shift
    {
        start=$SECONDS
        "$@" >"$logs/$name.log" 2>&1
        printf '%d %d\n' $? $((SECONDS - start)) >"$logs/$name.end"
    } &
    beside_pids[$name]=$!
}

# join NAME: its result.
join() {
    local name=$1 code=1 seconds=0
    wait "${beside_pids[$name]}"
    read -r code seconds <"$logs/$name.end"
    # 77: there is no container engine here, which is nobody's failure.
    if [ "$name" = compose ] && [ "$code" -eq 77 ]; then
        say "$(grep '^compose: ' "$logs/compose.log")"
    else
        counted "$name" "$code" "$seconds"
    fi
}

run_ctest() {
    local start=$SECONDS line bad all
    # The programs refuse a POSTRIDER_ variable that they do not know.
    env -u POSTRIDER_BUILD ctest --test-dir build-asan --output-on-failure -j "$jobs" >"$logs/unit.log" 2>&1
    line=$(grep -E 'tests passed, [0-9]+ tests? failed out of' "$logs/unit.log")
    bad=$(sed -E 's/.*, ([0-9]+) tests? failed.*/\1/' <<<"$line")
    all=$(sed -E 's/.* out of ([0-9]+).*/\1/' <<<"$line")
    if [ -z "$line" ] || [ "$all" -eq 0 ]; then
        bad=1 all=1
    fi
    result unit $((all - bad)) "$bad" $((SECONDS - start))
}

build() {
    local folder=$1
    shift
    cmake -G Ninja -S . -B "$folder" -DPOSTRIDER_TESTS=ON -DPOSTRIDER_WERROR=ON "$@" &&
        cmake --build "$folder" -j "$jobs"
}

pytest() {
    /usr/bin/python3 -m pytest -q -p no:cacheprovider -rfEs --durations=8 "$@"
}

install_node_packages() {
    (cd tests && npm install --no-package-lock --no-audit --no-fund --loglevel=error)
}

finish() {
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}

mkdir -p "$logs"
run_plain install install_missing || finish
# Nothing else can be told apart from a tree that does not build.
run_plain build build build -DCMAKE_BUILD_TYPE=Release || finish
if wanted style; then
    run_plain style tests/style/check-style
    run_plain docs tests/style/check-docs
fi
if wanted unit; then
    run_plain build-asan build build-asan -DCMAKE_BUILD_TYPE=Debug \
        -DPOSTRIDER_SANITIZE=address,undefined && run_ctest
fi
# The systems under test mostly wait, the models need one core and nothing else: so they
# run beside one another.
wanted model && beside model nice tests/model/run.sh
if wanted system || wanted examples; then
    run_plain npm install_node_packages
fi
wanted system && run_counted system pytest tests/system
wanted fault && run_counted fault pytest tests/fault
# Most of it is building an image.
wanted compose && beside compose nice tests/compose/run.sh
wanted examples && run_counted examples tests/examples/run.sh
wanted model && join model
wanted compose && join compose
finish
