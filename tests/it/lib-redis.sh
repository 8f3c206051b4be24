# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A Redis of the test's own, on a Unix socket. After lib.sh:
#
#	. "$TALLY_SRCDIR/tests/it/lib-redis.sh"
#	redis_up [DIRECTIVE VALUE]...    durable, unless the directives say otherwise
#	redis_down KILL|TERM             it keeps its data for the next redis_up
#	cli COMMAND...
#	redis_conf [LINE]...             $TEST_TMP/conf, with lines of the section redis
#	tool VERB...                     $TOOL with that; what it logs is in $TEST_TMP/log
#	logged NAME REGEX

SOCKET=$TEST_TMP/redis.sock
REDIS=$TEST_TMP/redis
[ -x "$TOOL" ] || bail "the test's tool is built" "there is no $TOOL: run make check TESTS="
SERVER=$(command -v redis-server || command -v redis-check-rdb) ||
	missing_all "redis-server is there" "redis-server"
mkdir "$REDIS"
# The name decides what the program does.
ln -s "$SERVER" "$TEST_TMP/redis-server"

redis_up() {
	rm -f "$SOCKET"
	run_bg "$TEST_TMP/redis-server" --port 0 --unixsocket "$SOCKET" --dir "$REDIS" --save "" \
		--appendonly yes --appendfsync always --logfile "$TEST_TMP/redis.log" "$@" 3>&-
	REDIS_PID=$BG_PID
	wait_until 10 redis_answers || bail "Redis starts" "$(tail "$TEST_TMP/redis.log")"
}

# Not while it reads what it has kept.
redis_answers() {
	local answer
	answer=$(cli PING) && [[ $answer != *LOADING* ]]
}

redis_down() {
	stop_bg "$REDIS_PID" "$1"
}

cli() {
	redis-cli -s "$SOCKET" "$@"
}

redis_conf() {
	printf '%s\n' '[server]' 'issuer = https://as.example' '[database]' 'socket = /nowhere' \
		'[redis]' "socket = $SOCKET" 'timeout = 1s' "$@" >"$TEST_TMP/conf"
}

tool() {
	"$TOOL" "$TEST_TMP/conf" "$@" 2>"$TEST_TMP/log"
}

logged() {
	like "$1" "$(cat "$TEST_TMP/log")" "$2"
}
