#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The marks in a real Redis: used once, kept through kill -9, refused when the
# server does not keep them, back after an outage.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"

TOOL=${TALLY_BUILDDIR:?}/tests/it/marks_tool
# shellcheck source=tests/it/lib-redis.sh
. "$TALLY_SRCDIR/tests/it/lib-redis.sh"

redis_conf
redis_up
is "a durable Redis is accepted" "$(tool check)" ok

# ---- used once ----------------------------------------------------------------

is "a mark is used" "$(tool use a)" ok
is "and not again" "$(tool use a)" exists
is "another is another" "$(tool use b)" ok
is "a mark that ends" "$(tool use c 1)" ok
sleep 1.2
is "can be used again" "$(tool use c 1)" ok
is "a mark of many bytes is a short key" "$(tool use "$(printf '%1000s' x)")" ok
is "no key is long" "$(cli KEYS '*' | awk 'length > 64')" ""

is "a refresh token is used" "$(tool refresh a f 1000 100)" first
is "again within the grace" "$(tool refresh a f 1099 100)" grace
is "which does not begin anew" "$(tool refresh a f 1101 100)" reused
is "its family has ended" "$(tool refresh b f 1102 100)" ended
is "and is asked for so" "$(tool used b f)" yes
is "without grace a repeat is never forgiven" \
	"$(tool refresh c g 1000 0) $(tool refresh c g 1000 0)" "first reused"
is "nor one from a clock that is behind" \
	"$(tool refresh d h 1000 0) $(tool refresh d h 500 0)" "first reused"
is "an unused token is unused" "$(tool used e i)" no
is "64 at once: one is the first" "$(tool race r 64)" 1

is "what a use makes is noted" "$(tool refresh a m 1000 100 7 100) $(tool made m)" "first 7@100"
is "what a repeat makes, too" "$(tool refresh a m 1050 100 8 50) $(tool made m)" "grace 8@50 7@100"
ok "for as long as the longest of them lives" \
	test "$(cli TTL "$(cli KEYS 'tally:*:made')")" -gt 90
is "what is refused makes nothing" \
	"$(tool refresh a m 2000 100 9 100) $(tool made m)" "reused 8@50 7@100"
is "nor does what makes nothing" "$(tool refresh a n 1000 100) $(tool made n)" "first "
for token in a b c d e f g h i j; do
	tool refresh "$token" o 1000 100 "$(printf '%d' "'$token")" 100 >/dev/null
done
is "the newest eight are kept" "$(tool made o)" \
	"106@100 105@100 104@100 103@100 102@100 101@100 100@100 99@100"

is "counters count" "$(tool count x 60) $(tool count x 60)" "1 1 60 2 2 60"
cli PERSIST "$(cli KEYS 'tally:user:*' | head -n 1)" >/dev/null
is "one that lost its end gets one" "$(tool count x 30)" "3 3 30"

# ---- kept ---------------------------------------------------------------------

redis_down KILL
is "Redis is gone: no answer" "$(tool use a)" unavailable
logged "which the log says once, with the server" "Redis cannot be used.*$SOCKET"
is "no check either" "$(tool check)" unavailable
redis_up
is "a used mark survives kill -9" "$(tool use a)" exists
is "so does a used refresh token" "$(tool refresh r r 1000 0)" ended
is "and a family that has ended" "$(tool refresh z f 9000 100)" ended
cli SCRIPT FLUSH >/dev/null
is "a server that forgot the scripts learns them" "$(tool refresh k k 1 0)" first

# One process through an outage, which begins between two marks.
mkfifo "$TEST_TMP/in"
"$TOOL" "$TEST_TMP/conf" lines <"$TEST_TMP/in" >"$TEST_TMP/out" 2>"$TEST_TMP/log" &
LINES_PID=$!
exec 3>"$TEST_TMP/in"
echo one >&3
ok "before the outage" wait_until 5 grep -qx "one ok" "$TEST_TMP/out"
redis_down KILL
echo two >&3
ok "in it" wait_until 5 grep -qx "two unavailable" "$TEST_TMP/out"
redis_up
sleep 1.1
echo three >&3
ok "and after it" wait_until 5 grep -qx "three ok" "$TEST_TMP/out"
logged "its end is told" "Redis can be used again"
redis_down TERM
redis_up --appendonly no
sleep 1.1
echo four >&3
ok "a Redis that comes back forgetful is refused" wait_until 5 grep -qx "four unavailable" "$TEST_TMP/out"
exec 3>&-
wait "$LINES_PID"

# ---- not durable --------------------------------------------------------------

is "appendonly no is refused" "$(tool check)" config
logged "with what to do" 'appendonly is off.*set "appendonly yes"'
is "and so is a mark" "$(tool use new)" unavailable
redis_conf "durability = relaxed"
is "unless less is accepted" "$(tool check)" ok
redis_conf
redis_down TERM
redis_up --appendfsync everysec
is "appendfsync everysec is refused" "$(tool check)" config
logged "with what to do" 'appendfsync is everysec.*set "appendfsync always"'
redis_down TERM
redis_up --no-appendfsync-on-rewrite yes
is "one that does not while it rewrites its file is refused" "$(tool check)" config
logged "with what to do" 'set "no-appendfsync-on-rewrite no"'
redis_down TERM
redis_up --maxmemory 100mb --maxmemory-policy volatile-lru
is "a Redis that evicts is refused" "$(tool check)" config
logged "with what to do" 'maxmemory-policy is volatile-lru.*noeviction'
redis_down TERM
redis_up --maxmemory 100mb --maxmemory-policy noeviction
is "a bound without eviction is fine" "$(tool check)" ok
redis_down TERM
redis_up --rename-command CONFIG ""
is "where CONFIG is forbidden, INFO will do" "$(tool check)" ok
logged "with a warning" "does not tell its appendfsync"
redis_down TERM

# ---- who may ------------------------------------------------------------------

redis_up --requirepass s3cret
is "without a password" "$(tool check)" unavailable
logged "the log says which directive" "redis.password-file"
echo wrong >"$TEST_TMP/password"
redis_conf "password-file = $TEST_TMP/password"
is "with a wrong one" "$(tool check)" unavailable
logged "the log says so" "another password"
echo s3cret >"$TEST_TMP/password"
is "with the right one" "$(tool check)" ok
redis_conf "password-file = $TEST_TMP/none"
is "with none to read" "$(tool check)" unavailable
logged "the log names the file's directive" "redis.password-file cannot be read: No such file"
redis_down TERM

# A server that accepts, and says nothing.
if command -v python3 >/dev/null; then
	run_bg python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(20)' "$SOCKET"
	rm -f "$SOCKET"
	wait_until 5 test -S "$SOCKET"
	redis_conf
	began=$SECONDS
	is "a server that hangs is given up" "$(tool use a)" unavailable
	logged "after redis.timeout" "no answer for 1 s"
	ok "and no later" test $((SECONDS - began)) -le 3
fi
done_testing
