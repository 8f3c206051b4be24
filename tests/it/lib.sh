# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Tests in bash that report in TAP. Sourced by tests/it/*.sh and tests/tools/*.
#
#	. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
#	ok   "it answers" curl -fsS "$url"           the command succeeds
#	is   "status" "$status" 200                  got, wanted
#	like "header" "$headers" 'no-store'          got, extended regular expression
#	skip "through Apache" "apache2 is missing"
#	done_testing
#
# A test has $TEST_TMP, a folder of its own. What it starts with run_bg is ended
# by its process id when the script ends, however it ends; what it says with
# at_exit is done then, the last first.

set -u
TEST_COUNT=0
TEST_FAILED=0
TEST_DONE=
TEST_PIDS=()
TEST_AT_EXIT=()
TEST_TMP=$(mktemp -d "${TMPDIR:-/tmp}/tallystick-test.XXXXXX") || exit 99
export TEST_TMP

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	TEST_COUNT=$((TEST_COUNT + 1))
	printf 'ok %d - %s\n' "$TEST_COUNT" "$1"
}

# fail NAME [LINE...]: why comes after the name.
fail() {
	TEST_COUNT=$((TEST_COUNT + 1))
	TEST_FAILED=$((TEST_FAILED + 1))
	printf 'not ok %d - %s\n' "$TEST_COUNT" "$1"
	shift
	local line
	for line; do
		diag "$line"
	done
	return 1
}

# ok NAME COMMAND...: what the command writes is shown when it fails.
ok() {
	local name=$1 out rc
	shift
	out=$("$@" 2>&1 </dev/null)
	rc=$?
	if [ "$rc" = 0 ]; then
		pass "$name"
	else
		fail "$name" "exit status $rc of: $*" "${out:0:4000}"
	fi
}

# not_ok NAME COMMAND...: it must fail, but not by a signal.
not_ok() {
	local name=$1 out rc
	shift
	out=$("$@" 2>&1 </dev/null)
	rc=$?
	if [ "$rc" -gt 0 ] && [ "$rc" -lt 126 ]; then
		pass "$name"
	else
		fail "$name" "exit status $rc of: $*" "${out:0:4000}"
	fi
}

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:    ${2:0:4000}" "wanted: ${3:0:4000}"
	fi
}

isnt() {
	if [ "$2" != "$3" ]; then
		pass "$1"
	else
		fail "$1" "got, but did not want: ${2:0:4000}"
	fi
}

# like NAME GOT REGEX
like() {
	if [[ $2 =~ $3 ]]; then
		pass "$1"
	else
		fail "$1" "got:           ${2:0:4000}" "does not match: $3"
	fi
}

unlike() {
	if [[ ! $2 =~ $3 ]]; then
		pass "$1"
	else
		fail "$1" "got:     ${2:0:4000}" "matches: $3"
	fi
}

skip() {
	TEST_COUNT=$((TEST_COUNT + 1))
	printf 'ok %d - %s # SKIP %s\n' "$TEST_COUNT" "$1" "$2"
}

# skip_all REASON: this whole script cannot run here, and that is fine.
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	TEST_DONE=1
	exit 0
}

# missing NAME REASON: a server or tool that a test wants is not there. That is
# a failure in CI, where it was to be installed, and a skip elsewhere.
missing() {
	if [ "${CI:-}" = true ]; then
		fail "$1" "missing: $2 (a failure because CI=true)"
	else
		skip "$1" "$2"
	fi
}

missing_all() {
	if [ "${CI:-}" = true ]; then
		fail "$1" "missing: $2 (a failure because CI=true)"
		done_testing
	fi
	skip_all "$2"
}

# bail REASON: nothing after this would make sense.
bail() {
	fail "$@"
	done_testing
}

done_testing() {
	printf '1..%d\n' "$TEST_COUNT"
	TEST_DONE=1
	[ "$TEST_FAILED" = 0 ]
	exit
}

# run_bg COMMAND...: in the background; its process id is in $BG_PID.
run_bg() {
	"$@" </dev/null &
	BG_PID=$!
	TEST_PIDS+=("$BG_PID")
}

# stop_bg PID [SIGNAL]: ends it and waits; its exit status is returned.
stop_bg() {
	local pid=$1 left=50
	kill -"${2:-TERM}" "$pid" 2>/dev/null
	while kill -0 "$pid" 2>/dev/null && [ "$left" -gt 0 ]; do
		sleep 0.1
		left=$((left - 1))
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# wait_until SECONDS COMMAND...: until the command succeeds. So long it may take on a
# machine without other work; a busy one gets three times as long.
wait_until() {
	local end=$((SECONDS + 3 * $1))
	shift
	until "$@" >/dev/null 2>&1 </dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# at_exit COMMAND...: when the script ends.
at_exit() {
	TEST_AT_EXIT+=("$(printf '%q ' "$@")")
}

test_cleanup() {
	local rc=$? i
	trap '' INT TERM HUP
	for ((i = ${#TEST_AT_EXIT[@]} - 1; i >= 0; i--)); do
		eval "${TEST_AT_EXIT[i]}" >&2 </dev/null
	done
	for i in "${TEST_PIDS[@]}"; do
		! kill -0 "$i" 2>/dev/null || stop_bg "$i"
	done
	if [ -z "${TEST_KEEP:-}" ]; then
		rm -rf "$TEST_TMP"
	fi
	if [ -z "$TEST_DONE" ]; then
		fail "the script runs to its end" "it stopped early, with exit status $rc"
		printf '1..%d\n' "$TEST_COUNT"
		exit 1
	fi
	exit "$rc"
}
trap test_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
