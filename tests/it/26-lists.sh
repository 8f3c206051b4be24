#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Status lists in a real Redis: the contract of store/lists.h, what survives kill -9
# under load, and a Redis that is not as it should be.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"

TOOL=${TALLY_BUILDDIR:?}/tests/it/lists_tool
# shellcheck source=tests/it/lib-redis.sh
. "$TALLY_SRCDIR/tests/it/lib-redis.sh"

# keys POOL: what there is of a pool, sorted.
keys() {
	cli KEYS "tally:{$1}:*" | sed "s/^tally:{$1}://" | sort | xargs
}

# bytes POOL KEY: what it takes of the server's memory.
bytes() {
	cli MEMORY USAGE "tally:{$1}:$2" SAMPLES 0
}

redis_conf
redis_up
is "a durable Redis is accepted" "$(tool check)" ok

# ---- the contract --------------------------------------------------------------

"${TOOL%_tool}_test" "$TEST_TMP/conf" >"$TEST_TMP/contract" 2>&1
status=$?
while read -r result number _ name; do
	case $result in
	ok) pass "contract: $name" ;;
	not) fail "contract: ${name#- }" "$(grep -A 5 "$number.*$name" "$TEST_TMP/contract")" ;;
	esac
done < <(grep -E '^(not )?ok [0-9]' "$TEST_TMP/contract")
is "the contract is kept" "$status" 0

# ---- keys, and the memory they take --------------------------------------------

is "a pool with two lists" "$(tool open k 50000 1 2)" ok
is "has these keys" "$(keys k)" "b0 b1 due lease new pool r0 r1"
is "no key is long" "$(cli KEYS '*' | awk 'length > 64')" ""
is "the lease expires" "$(($(cli PTTL 'tally:{k}:lease') > 0))" 1
tool publish k 0 60 >/dev/null
sleep 1.1
tool publish k 0 60 >/dev/null
past=$(keys k | tr ' ' '\n' | grep '^h0:')
is "what is replaced is kept" "$(keys k)" "b0 b1 due h0 $past lease new pool r0 r1"
is "and expires, as does its index" "$(($(cli TTL "tally:{k}:$past") > 0 && $(cli TTL 'tally:{k}:h0') > 0))" 1
tool reserve k 50000 >/dev/null
is "a list that retires" "$(tool retire k 0)" ok
is "leaves nothing but its number" "$(keys k)" "b1 due lease new pool r1"
# jemalloc has sizes of 6144 and 7168 bytes, 114688 and 131072.
is "the entries take no more than the allocator rounds up to" \
	"$(($(bytes k b1) <= 7168 + 80))" 1
is "also when the list is larger" \
	"$(tool open l 1000000 1 1) $(($(bytes l b0) <= 131072 + 80))" "ok 1"
is "all else takes no more than 384 bytes and the signed tokens (480 + 250)" \
	"$(($(bytes l r0) <= 730 + 384))" 1
tool update l 0 999999 1 >/dev/null
is "and a list that was updated takes no more" "$(($(bytes l b0) <= 131072 + 80))" 1

# ---- a user who may no more than the manual says ----------------------------------

manual=$(sed -n '/^A Redis user needs/,/^its keys begin/p' "$TALLY_SRCDIR/doc/tallystick.8" |
	grep '^\.Ql [A-Z]' | grep -oE '[A-Z]{3,}(\|GET)?' | tr '[:upper:]' '[:lower:]' | sed 's/^/+/' | xargs)
# shellcheck disable=SC2086  # words
cli ACL SETUSER default reset on nopass '~tally:*' $manual >/dev/null
ok "the commands of tallystick(8) suffice" "${TOOL%_tool}_test" "$TEST_TMP/conf"
is "also to see whether it is durable" "$(tool check)" ok
unlike "without a warning" "$(cat "$TEST_TMP/log")" "appendfsync"
is "and others are refused" "$(cli KEYS '*' 2>&1 | grep -o NOPERM)" NOPERM
redis_down TERM
redis_up

# ---- scripts -------------------------------------------------------------------

cli SCRIPT FLUSH >/dev/null
is "a server that forgot the scripts learns them" "$(tool update k 1 5 1) $(tool read k 1 5)" "ok 1"
is "ten thousand in one call" "$(tool batch k 1 10000 1) $(tool read k 1 9999)" "ok 1"
is "hold up the server for less than 50 ms" "$(cli CONFIG SET slowlog-log-slower-than 50000 >/dev/null
	cli SLOWLOG RESET >/dev/null
	tool batch k 1 10000 0 >/dev/null
	cli SLOWLOG LEN)" 0

# ---- keys that are not what they should be ---------------------------------------

# broken KEY: puts a stream in the place of a key of the pool w; mended KEY: takes it away.
broken() {
	[ "$(cli EXISTS "tally:{w}:$1")" = 0 ] || cli RENAME "tally:{w}:$1" aside >/dev/null
	cli XADD "tally:{w}:$1" '*' a b >/dev/null
}
mended() {
	cli DEL "tally:{w}:$1" >/dev/null
	[ "$(cli EXISTS aside)" = 0 ] || cli RENAME aside "tally:{w}:$1" >/dev/null
}
# state: all that is kept of it.
state() {
	for key in b0 r0 due new pool; do
		cli --no-raw DUMP "tally:{w}:$key"
	done
}

is "a pool" "$(tool open w 50000 1 1) $(tool reserve w 50000)" "ok 0+50000 "
for key in r0 b0 due; do
	before=$(state)
	broken $key
	is "with a $key of a wrong type nothing is updated" "$(tool update w 0 7 1)" \
		"temporarily unavailable"
	logged "the log says so" "Redis cannot be used for status lists: WRONGTYPE"
	mended $key
	is "not a part of it" "$(state)" "$before"
done
for key in pool r0 due new h0; do
	before=$(state)
	broken $key
	is "nor is anything published with such a $key" "$(tool publish w 0 5)" "temporarily unavailable"
	mended $key
	is "nor a part of it" "$(state)" "$before"
done
for key in pool due new h0 back; do
	broken $key
	is "nor does a list retire with such a $key" "$(tool retire w 0)" "temporarily unavailable"
	mended $key
	is "nor a part of it" "$(state)" "$before"
done
for key in pool back; do
	broken $key
	is "nor is anything reserved with such a $key" "$(tool reserve w 1)" "temporarily unavailable"
	mended $key
done
is "when all is mended, all goes on" "$(tool update w 0 7 1) $(tool publish w 1)" "ok ok"
cli SETRANGE 'tally:{k}:r1' 0 "$(printf 'x%.0s' {1..8})" >/dev/null
is "a version that is no number of ours" "$(tool update k 1 7 1)" ok
cli DEL 'tally:{k}:b1' >/dev/null
is "and entries that are gone end no process" "$(tool batch k 1 3 1)" ok
cli HSET 'tally:{k}:pool' lists 180143985093 >/dev/null
is "no list has a position above 2^53" "$(tool publish k 4294967295)" \
	"not possible in the present state"
is "the server answers as before" "$(tool check)" ok

# ---- a server without memory -----------------------------------------------------

is "a pool" "$(tool open o 50000 1 1) $(tool reserve o 5)" "ok 0+5 "
cli CONFIG SET maxmemory 1mb >/dev/null
is "a server that has no memory takes no update" "$(tool update o 0 1 1)" "temporarily unavailable"
logged "which the log says, with what to do" "OOM command not allowed.*raise maxmemory"
is "reserves nothing" "$(tool reserve o 5)" "temporarily unavailable"
is "publishes nothing" "$(tool publish o 1)" "temporarily unavailable"
is "but is read" "$(tool read o 0 1)" 0
cli CONFIG SET maxmemory 0 >/dev/null
is "when it has some, all goes on" "$(tool update o 0 1 1) $(tool reserve o 5)" "ok 5+5 "

# ---- kill -9 under load ------------------------------------------------------------

is "a pool for the load" "$(tool open load 50000 1 20)" ok
for i in 1 2 3; do
	"$TOOL" "$TEST_TMP/conf" load load 8 6 >"$TEST_TMP/got.$i" 2>"$TEST_TMP/log.$i" 3>&- &
	LOAD_PIDS[i]=$!
done
sleep 1.5
redis_down KILL
sleep 0.5
redis_up
cli SCRIPT FLUSH >/dev/null
sleep 1
redis_down KILL
redis_up
wait "${LOAD_PIDS[@]}"
for i in 1 2 3; do
	like "process $i met the outage and its end" "$(cat "$TEST_TMP/log.$i")" \
		"cannot be used for status lists.*can be used for status lists again"
done
cat "$TEST_TMP"/got.* >"$TEST_TMP/got"
isnt "positions were reserved and used" "$(wc -l <"$TEST_TMP/got")" 0
diag "$(wc -l <"$TEST_TMP/got") positions used by 3 processes of 8 threads"
is "none of them twice" "$(sort "$TEST_TMP/got" | uniq -d | wc -l)" 0
is "every acknowledged update is there" "$(tool verify load <"$TEST_TMP/got")" 0
before=$(cli HGET 'tally:{load}:pool' next)
redis_down KILL
redis_up
is "after one more kill -9 too" "$(tool verify load <"$TEST_TMP/got")" 0
is "and what was reserved stays so" "$(cli HGET 'tally:{load}:pool' next)" "$before"
cli BGREWRITEAOF >/dev/null
wait_until 10 sh -c "redis-cli -s '$SOCKET' INFO persistence | grep -q 'aof_rewrite_in_progress:0'"
redis_down TERM
redis_up
is "and when the server has rewritten its file" "$(tool verify load <"$TEST_TMP/got")" 0
is "the entries take no more memory then" "$(($(bytes load b0) <= 7168 + 80))" 1

# ---- one process through an outage -------------------------------------------------

mkfifo "$TEST_TMP/in"
"$TOOL" "$TEST_TMP/conf" lines o <"$TEST_TMP/in" >"$TEST_TMP/out" 2>"$TEST_TMP/log" &
LINES_PID=$!
exec 3>"$TEST_TMP/in"
echo 0 10 1 >&3
ok "before the outage" wait_until 5 grep -qx "0 10 1 ok" "$TEST_TMP/out"
redis_down KILL
echo 0 11 1 >&3
ok "in it" wait_until 5 grep -qx "0 11 1 temporarily unavailable" "$TEST_TMP/out"
redis_up
sleep 1.1
echo 0 11 1 >&3
ok "and after it" wait_until 5 grep -qx "0 11 1 ok" "$TEST_TMP/out"
logged "its end is told" "Redis can be used for status lists again"
redis_down TERM
redis_up --appendonly no
sleep 1.1
echo 0 12 1 >&3
ok "a Redis that comes back forgetful is refused" \
	wait_until 5 grep -qx "0 12 1 temporarily unavailable" "$TEST_TMP/out"
exec 3>&-
wait "$LINES_PID"

# ---- not durable -------------------------------------------------------------------

is "appendonly no is refused" "$(tool check)" "configuration is wrong"
logged "with what to do" 'appendonly is off.*set "appendonly yes"'
is "nothing is reserved" "$(tool reserve o 1)" "temporarily unavailable"
redis_conf "durability = relaxed"
is "unless less is accepted" "$(tool check)" ok
redis_conf
redis_down TERM

# ---- a replica -----------------------------------------------------------------------

# What Redis 6 makes of an error in a script: the word stands behind.
if command -v python3 >/dev/null; then
	run_bg python3 "$TALLY_SRCDIR/tests/it/redis6.py" "$SOCKET" 3>&-
	wait_until 5 test -S "$SOCKET"
	is "a replica takes no update" "$(tool update o 0 1 1)" "temporarily unavailable"
	logged "also Redis 6 says why" "READONLY You can't write.*is it the primary"
fi
done_testing
