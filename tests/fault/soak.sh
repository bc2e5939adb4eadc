#!/usr/bin/env bash
# soak.sh - the fault suite for longer than the integration has time for: at least
# 200 kills, and pauses of 30 s.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/fault/soak.sh [KILLS]
#
# POSTRIDER_FAULT_SEED repeats a run; POSTRIDER_BUILD names the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
export POSTRIDER_FAULT_KILLS=${1:-200} POSTRIDER_FAULT_STOP_S=30
exec /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/fault
