# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of a whole stack share. Sourced after lib.sh.
#
# The program under test is $TALLYSTICK_PROGRAM, or the one in $TALLY_BUILDDIR.
# Built with sanitizers it writes its reports to the stack's logs:
# no_reports finds them there.

export TALLYSTICK_CACHE=${TALLYSTICK_CACHE:-${TALLY_SRCDIR:?}/.cache}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
PROGRAM=${TALLYSTICK_PROGRAM:-${TALLY_BUILDDIR:?}/tallystick}
STACK=$TEST_TMP/stack
# shellcheck disable=SC2034 # for the scripts
HERE=$TALLY_SRCDIR/tests/it

[ -x "$PROGRAM" ] || bail "the program is built" "there is no $PROGRAM"

# stack VERB [ARGUMENT...]
stack() {
	local verb=$1
	shift
	"$TALLY_SRCDIR/examples/stack" "$verb" --dir "$STACK" "$@"
}

# up NAME [OPTION...]: nothing after it would make sense without it.
up() {
	local name=$1
	shift
	ok "$name" stack up --program "$PROGRAM" "$@" || done_testing
	eval "$(stack env)"
	at_exit_down
}

at_exit_down() {
	[ -z "${DOWN_AT_EXIT:-}" ] || return 0
	DOWN_AT_EXIT=1
	at_exit stack down
}

# have_server NAME PROGRAM: in CI a missing one is a failure, elsewhere a skip.
have_server() {
	PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$2" >/dev/null && return 0
	missing "$1" "$2 is not installed"
	return 1
}

have_fcgid() {
	local file
	for file in /usr/lib/apache2/modules/mod_fcgid.so \
		/usr/lib64/httpd/modules/mod_fcgid.so; do
		[ ! -e "$file" ] || return 0
	done
	missing "$1" "mod_fcgid is not installed"
	return 1
}

# program ARGUMENT...: the command line of the stack's program.
program() {
	"$PROGRAM" --config "$TALLYSTICK_CONF" "$@"
}

# fetch PATH [CURL ARGUMENT...]: prints the status (000: no answer); the answer is in
# $TEST_TMP/head and $TEST_TMP/body.
fetch() {
	local path=$1
	shift
	[ -z "${TALLYSTICK_CA_FILE:-}" ] || set -- "$@" --cacert "$TALLYSTICK_CA_FILE"
	: >"$TEST_TMP/body"
	curl -sS --noproxy '*' --max-time 30 -o "$TEST_TMP/body" -D "$TEST_TMP/head" \
		-w '%{http_code}' "$@" "$TALLYSTICK_URL$path" 2>>"$TEST_TMP/curl.log" || true
}

# token_of CLIENT SECRET [CURL ARGUMENT...]: prints the status of a request for a token.
# The secret goes by standard input: a command line is everybody's to read.
token_of() {
	local id=$1 secret=$2
	shift 2
	printf 'user = "%s:%s"\n' "$id" "$secret" |
		fetch /oauth2/token --config - -d grant_type=client_credentials "$@"
}

token() {
	token_of "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" "$@"
}

# ready_is STATUS
ready_is() {
	[ "$(fetch /health/ready)" = "$1" ]
}

# pool_is_gone: no process of the pool is left.
pool_is_gone() {
	[ -z "$(stack pids pool)" ]
}

# body FILTER: what jq makes of the last answer.
body() {
	jq -er "$1" "$TEST_TMP/body" 2>&1
}

# header NAME: its value in the last answer.
header() {
	tr -d '\r' <"$TEST_TMP/head" | sed -n "s/^$1: *//Ip" | tail -n 1
}

# in_log REGEX: whether the service's log has it.
in_log() {
	grep -Eq -e "$1" "$STACK/log/tallystick.log"
}

# say_log: the end of the service's log, for a failure.
say_log() {
	diag "$(tail -n "${1:-15}" "$STACK/log/tallystick.log" "$STACK/log/pool.log" 2>&1)"
}

# no_reports: stops what serves, so that leaks are told too, and looks for what
# the sanitizers have written. Call it before "up" or "down" put logs away.
no_reports() {
	local found
	stack stop web >/dev/null 2>&1
	stack stop pool >/dev/null 2>&1
	found=$(grep -REh -A 30 'Sanitizer|runtime error:' "$STACK/log" 2>/dev/null | head -n 80)
	is "no report of a sanitizer" "$found" ""
}

# load_start HOW WHERE SECONDS CONNECTIONS: see load.py. Returns once requests are
# answered.
load_start() {
	: >"$TEST_TMP/load"
	run_bg python3 -B "$HERE/load.py" "$@" >"$TEST_TMP/load" 2>"$TEST_TMP/load.errors"
	LOAD_PID=$BG_PID
	wait_until 30 grep -q running "$TEST_TMP/load"
}

# load_end: waits for its end; load_count WHAT is then known.
load_end() {
	wait "$LOAD_PID"
	diag "load: $(grep -v running "$TEST_TMP/load" | paste -sd, -)"
	[ ! -s "$TEST_TMP/load.errors" ] || diag "$(head -n 10 "$TEST_TMP/load.errors")"
}

load_count() {
	local n
	n=$(sed -n "s/^$1 //p" "$TEST_TMP/load")
	echo "${n:-0}"
}

# load_bad: answers that were none, or not good.
load_bad() {
	awk '$1 != "running" && $1 != "200" && $1 != "refused" { n += $2 } END { print n + 0 }' \
		"$TEST_TMP/load"
}
