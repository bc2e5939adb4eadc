# packages.sh - what Debian has to bring, read by the scripts that install it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034

# To build, and to run `postrider up`.
BUILD_PACKAGES=(
    build-essential cmake ninja-build pkg-config
    libuv1-dev libzmq3-dev libczmq-dev libhiredis-dev libcurl4-openssl-dev libssl-dev
    libmicrohttpd-dev libjansson-dev libyajl-dev libmsgpack-dev
    libpcre2-dev libglib2.0-dev tzdata
    redis-server ca-certificates
)

# To run tests/run.sh.
TEST_PACKAGES=(
    git libcmocka-dev clang-format spin
    python3-pytest python3-cryptography python3-zmq python3-msgpack python3-redis python3-yaml
    nodejs npm
    openssl tinyproxy microsocks systemd iproute2 file
    docker.io docker-compose debootstrap prometheus
)

# Since Debian 13 the command is a package of its own.
grep -qs '^VERSION_ID="12"' /etc/os-release || TEST_PACKAGES+=(docker-cli)
