#!/bin/sh
# run.sh - checks the models: every property with FAULTS faults (default 2), and
# that each rule taken away makes a check fail. Needs spin and a C compiler.
# SPDX-License-Identifier: Apache-2.0
set -u
here=$(cd "$(dirname "$0")" && pwd)
faults=${FAULTS:-2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0

# check <holds|fails> <model> <safety|ends> [define…]
check() {
	want=$1 model=$2 kind=$3
	shift 3
	defines="-DFAULTS=$faults"
	for define in "$@"; do
		defines="$defines -D$define"
	done
	if [ "$kind" = ends ]; then
		defines="$defines -DLIVE" build="-DNFAIR=6" run="-a -f"
	else
		build="-DSAFETY" run="-E"
	fi
	# What is to fail does so early, and the chain is small: there compiling costs
	# more than running.
	level=-O0
	case $want-$model in holds-handover | holds-log | holds-partitions) level=-O2 ;; esac
	# Words are split on purpose: defines and options are lists.
	# shellcheck disable=SC2086
	(cd "$work" && rm -f pan* ./*.trail &&
		spin -a $defines "$here/$model.pml" >spin.log 2>&1 &&
		${CC:-cc} $level -w -DMEMLIM=2000 $build -o pan pan.c &&
		./pan $run -m50000 >out 2>&1)
	seen=unknown
	# A search that was cut short proves nothing.
	if ! grep -q 'max search depth too small\|pan: out of memory\|reached -DMEMLIM' "$work/out"; then
		grep -q 'errors: 0$' "$work/out" && seen=holds
		grep -q 'errors: 1$' "$work/out" && seen=fails
	fi
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/out")
	result=FAIL
	if [ "$seen" = "$want" ]; then
		result=ok passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	printf '%-4s %-10s %-6s %-28s %s, %s states\n' \
		"$result" "$model" "$kind" "$*" "$seen" "${states:-?}"
	[ "$result" = ok ] || tail -n 20 "$work/out" "$work/spin.log"
	rm -f "$work/out"
}

command -v spin >/dev/null || { echo "spin is not installed" >&2; exit 2; }

check holds handover safety
check holds handover safety ORDERED=1 TRIES=1
check holds handover ends
for rule in RECFIRST CURSOR FENCE MARK FLUSHNO OLDER; do
	check fails handover safety $rule=0
done
check fails handover safety ORDERED=1 TRIES=1 EXPIRE=0
for rule in NEWEST HELDBACK UNSURE; do
	check fails handover ends $rule=0
done

check holds log safety
check holds log ends
for rule in BATCHNO OLDER BOOT IDEM SKIP; do
	check fails log safety $rule=0
done
for rule in GAP NEWEST; do
	check fails log ends $rule=0
done

check holds chain safety
check holds chain ends
for rule in LINE FOLLOW ALL; do
	check fails chain safety $rule=0
done
for rule in FIRST PROMOTE; do
	check fails chain ends $rule=0
done

check holds partitions safety
check holds partitions ends
for rule in FENCE RELEASE; do
	check fails partitions safety $rule=0
done
check fails partitions ends ALIVE=0
faults=0
check holds partitions safety
check fails partitions safety DRAIN=0

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
