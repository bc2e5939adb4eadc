#!/bin/sh
# run.sh - speed and memory, beside a bare libcurl loop and BullMQ, in one run.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/bench/run.sh [--quick] [--write] [--cases abcdefhijkl] …   (--help: all)
#
# Needs a release build in build/ (or POSTRIDER_BUILD), nginx, redis-server, Python 3
# with redis and zmq, and for (f) node and npm. Exit 1: a target was missed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1
PATH=$PATH:/usr/sbin
exec "${PYTHON:-/usr/bin/python3}" "$here/bench.py" "$@"
