#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Publishing with several processes and a real Redis, while somebody reads the files
# all the time: each of them is killed in turn, the disk is full, and nothing that was
# acknowledged is lost.
# shellcheck disable=SC2119,SC2317 # optional arguments; called by wait_until
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

python3 -c 'import cryptography' 2>/dev/null ||
	missing_all "python3 with the package cryptography is there" "python3-cryptography"
command -v jose >/dev/null || missing_all "jose is there" "jose"

LEASE=2
ENTRIES=2000
LEVEL=-59 # each load begins 60 higher

publish_py() {
	python3 -B "$HERE/publish.py" "$@"
}

# holder: the process that publishes; nothing when there is none.
holder() {
	stack redis GET 'tally:{live}:lease' | cut -d : -f 2
}

is_held_by_another() {
	local now
	now=$(holder)
	[ -n "$now" ] && [ "$now" != "$1" ]
}

is_held() {
	[ -n "$(holder)" ]
}

# published NAME: the second and the sequence that a file tells.
published() {
	stat -c %y "$TALLYSTICK_STATUS_DIRECTORY/jwt/$1"
}

has_changed() {
	[ "$(published "$LIST")" != "$1" ]
}

# goes_on NAME: what changes from now on is published.
goes_on() {
	local before
	before=$(published "$LIST")
	ok "$1: publishing goes on" wait_until $((LEASE + 5)) has_changed "$before" || say_log
}

# entry INDEX VALUE: whether the file says so.
entry_is() {
	[ "$(python3 -c 'import base64, json, sys, zlib
part = open(sys.argv[1]).read().split(".")[1]
lst = json.loads(base64.urlsafe_b64decode(part + "=="))["status_list"]["lst"]
print(zlib.decompress(base64.urlsafe_b64decode(lst + "=="))[int(sys.argv[2])])' \
		"$TALLYSTICK_STATUS_DIRECTORY/jwt/$LIST" "$1")" = "$2" ]
}

update() {
	fetch /status-lists/update -X PATCH -H "X-Api-Key: $API_KEY" \
		-H 'Content-Type: application/json' \
		-d "{\"uri\":\"$URI\",\"index\":$1,\"value\":$2}"
}

is_jose_content() {
	jose jws ver -i "$1" -k "$TEST_TMP/jwks" -O- >/dev/null
}

# all_signed: by the word of a library that is not ours, and not Python's.
all_signed() {
	local file
	for file in "$TALLYSTICK_STATUS_DIRECTORY"/jwt/*; do
		is_jose_content "$file" || return 1
	done
}

load_begin() {
	: >"$TEST_TMP/load"
	LEVEL=$((LEVEL + 60))
	run_bg python3 -B "$HERE/publish.py" load "$TALLYSTICK_URL" "$URI" "$ENTRIES" \
		"$LEVEL" 4 "$TEST_TMP/record" >"$TEST_TMP/load" 2>"$TEST_TMP/load.errors"
	LOAD_PID=$BG_PID
	wait_until 30 grep -q running "$TEST_TMP/load" || say_log
}

# load_stop NAME: and everything that was acknowledged gets published.
load_stop() {
	stop_bg "$LOAD_PID"
	diag "load: $(grep -v running "$TEST_TMP/load" | paste -sd, -)"
	isnt "$1: there was a load" "$(load_count 204)" 0
	ok "$1: no acknowledged update is lost" wait_until $((LEASE + 10)) nothing_lost ||
		diag "$(publish_py lost "$TALLYSTICK_STATUS_DIRECTORY" "$LIST" "$TEST_TMP/record" |
			sed 5q)"
}

nothing_lost() {
	local out
	out=$(publish_py lost "$TALLYSTICK_STATUS_DIRECTORY" "$LIST" "$TEST_TMP/record" 2>&1)
	[ -z "$out" ]
}

watch_begin() {
	run_bg python3 -B "$HERE/publish.py" watch "$TALLYSTICK_STATUS_DIRECTORY" live \
		"$TALLYSTICK_ISSUER" "$TEST_TMP/jwks" "$ENTRIES" >"$TEST_TMP/watch" 2>"$TEST_TMP/watch.errors"
	WATCH_PID=$BG_PID
	wait_until 20 grep -q running "$TEST_TMP/watch" || diag "$(cat "$TEST_TMP/watch.errors")"
}

watch_count() {
	sed -n "s/^$1 //p" "$TEST_TMP/watch"
}

# watch_stop NAME: what was read in the meantime was right.
watch_stop() {
	stop_bg "$WATCH_PID"
	diag "watch: $(grep -v '^#\|running' "$TEST_TMP/watch" | paste -sd, -)"
	isnt "$1: lists were read" "$(watch_count read)" ""
	is "$1: every list was whole and valid all the time" "$(watch_count wrong)" 0 ||
		diag "$(grep '^#' "$TEST_TMP/watch")" "$(cat "$TEST_TMP/watch.errors")"
	is "$1: and always there" "$(watch_count absent)" 0
}

OPTIONS=(--processes 3 --threads 4 --set status.lease="${LEASE}s" --set keys.refresh=1s
	--set redis.timeout=1s --set log.level=info)
up "a stack of three processes" "${OPTIONS[@]}"

# ---- a pool is usable at once ----------------------------------------------------

API_KEY=$(program pool add live --set "size=$ENTRIES" --set bits=8 --set publish=immediate \
	--set list-lifetime=2m --set ttl=10s --json | jq -r .api_key)
export API_KEY
reference() {
	fetch "/pools/live/new-references?amount=1" -d '' -H "X-Api-Key: $API_KEY"
}
has_reference() {
	[ "$(reference)" = 200 ]
}
ok "a new pool hands out references" wait_until 10 has_reference || say_log
URI=$(body '.references[0].uri')
LIST=${URI##*/}
fetch /oauth2/jwks >/dev/null
cp "$TEST_TMP/body" "$TEST_TMP/jwks"
ok "and its lists are files" wait_until 5 test -e "$TALLYSTICK_STATUS_DIRECTORY/cwt/$LIST"
ok "which jose verifies" all_signed
is "an update is acknowledged" "$(update 7 3)" 204
ok "and is published within moments" wait_until 3 entry_is 7 3
is "one process writes the files: there are no unfinished ones" \
	"$(find "$TALLYSTICK_STATUS_DIRECTORY" -name '.?*' ! -name .lock)" ""

# ---- killed, each in turn ----------------------------------------------------------

watch_begin
load_begin
goes_on "under load"
for i in 1 2; do
	before=$(holder)
	ok "kill -9 of the process that publishes ($i)" kill -KILL "$before"
	ok "another takes over ($i)" wait_until $((LEASE + 2)) is_held_by_another "$before" ||
		say_log
	goes_on "killed ($i)"
	ok "what is published is signed ($i)" all_signed
done
load_stop "killed"

stack restart pool >/dev/null
ok "three processes again" wait_until 20 ready_is 200
load_begin
ok "kill -9 of Redis" stack kill redis
sleep 1
stack start redis >/dev/null
ok "ready again" wait_until 20 ready_is 200
goes_on "Redis was killed"
ok "kill -9 of Redis, and at once back" stack kill redis
stack start redis >/dev/null
ok "ready again" wait_until 20 ready_is 200
goes_on "Redis was killed again"
load_stop "Redis killed"

load_begin
ok "kill -9 of all processes" stack kill pool
stack start pool >/dev/null
ok "ready again" wait_until 20 ready_is 200
ok "somebody publishes" wait_until $((LEASE + 2)) is_held
goes_on "all were killed"
load_stop "all killed"
watch_stop "everything killed in turn"
is "what a crash has left is removed" \
	"$(find "$TALLYSTICK_STATUS_DIRECTORY" -name '.?*' ! -name .lock)" ""

# ---- a clean stop -------------------------------------------------------------------

before=$(holder)
ok "the process that publishes is told to stop" kill -TERM "$before"
ok "another publishes a moment later" wait_until 3 is_held_by_another "$before"
is "an update then" "$(update 8 1)" 204
ok "is published" wait_until 3 entry_is 8 1

# ---- another key --------------------------------------------------------------------

ok "another key signs" program key add --alg ES256 --activate --now
is_signed_anew() {
	fetch /oauth2/jwks >/dev/null
	jq -c '{keys: [.keys[] | select(.kid != "'"$OLD_KID"'")]}' "$TEST_TMP/body" >"$TEST_TMP/jwks"
	all_signed
}
OLD_KID=$(jq -r '.keys[0].kid' "$TEST_TMP/jwks")
ok "all lists are signed with it" wait_until 10 is_signed_anew || say_log

# ---- tallystick publish -------------------------------------------------------------

# apart NAME LINE...: a configuration with a folder of its own, logging to standard error.
apart() {
	mkdir -p "$TEST_TMP/$1"
	sed -e "s|^directory = .*|directory = $TEST_TMP/$1|" -e 's|^target = .*|target = stderr|' \
		"$TALLYSTICK_CONF" >"$TEST_TMP/$1.conf"
}
apart node
publish() {
	"$PROGRAM" --config "$TEST_TMP/node.conf" publish "$@" 2>&1
}
out=$(publish --once)
is "while others publish, --once says so" "$?" 1
like "and what to do" "$out" 'another process publishes its lists: stop it first'
ok "it has written the files of its node all the same" test -e "$TEST_TMP/node/jwt/$LIST"
is "an unknown pool" "$(publish --once --pool nosuch | grep -c 'there is no pool nosuch')" 1
not_ok "--force goes with --once" publish --force
not_ok "and publish takes no operand" publish live
stack kill pool >/dev/null
ok "kill -9 of all: --once waits for their leases" publish --once
ok "--once, with nothing to do" publish --once
before=$(stat -c %y "$TEST_TMP/node/jwt/$LIST")
ok "--once --force --pool" publish --once --force --pool live
isnt "signs what is not due, too" "$(stat -c %y "$TEST_TMP/node/jwt/$LIST")" "$before"

"$PROGRAM" --config "$TEST_TMP/node.conf" publish >"$TEST_TMP/node.log" 2>&1 &
NODE_PID=$!
TEST_PIDS+=("$NODE_PID")
ok "publish publishes" wait_until 10 is_held || diag "$(cat "$TEST_TMP/node.log")"
is "alone" "$(holder)" "$NODE_PID"
stack start pool >/dev/null
ok "processes that serve" wait_until 20 ready_is 200
is "an update" "$(update 9 1)" 204
ok "is in the files of the other node" wait_until 3 entry_is 9 1
agree() {
	[ -z "$(publish_py same "$TALLYSTICK_STATUS_DIRECTORY" "$TEST_TMP/node" 2>&1)" ]
}
ok "both nodes have the same bytes, of the same time" wait_until 5 agree ||
	diag "$(publish_py same "$TALLYSTICK_STATUS_DIRECTORY" "$TEST_TMP/node" 2>&1)"
kill -TERM "$NODE_PID"
wait "$NODE_PID"
is "told to stop, it ends with status 0" "$?" 0
ok "and another goes on at once" wait_until 3 is_held_by_another "$NODE_PID"

# ---- disks ---------------------------------------------------------------------------

# A limit of the size of files is to a program what a full disk is.
load_begin
goes_on "before the disk is full"
load_stop "before"
apart full
(
	ulimit -f 1
	exec "$PROGRAM" --config "$TEST_TMP/full.conf" publish 2>&1
) | cat >"$TEST_TMP/full.log" &
PIPE_PID=$!
says() {
	grep -q "$1" "$TEST_TMP/full.log"
}
ok "a full disk is told, with what to do" wait_until 10 says 'File too large; make room' ||
	diag "$(cat "$TEST_TMP/full.log")"
sleep 3
is "once" "$(grep -c 'File too large' "$TEST_TMP/full.log")" 1
ok "no half of a set is there" test ! -e "$TEST_TMP/full/cwt/$LIST"
is "nor an unfinished file" "$(find "$TEST_TMP/full" -name '.?*' ! -name .lock)" ""
ok "smaller lists are there" test -n "$(ls "$TEST_TMP/full/jwt")"
FULL_PID=$(sed -n 's/.*tallystick\[\([0-9]*\)\].*/\1/p' "$TEST_TMP/full.log" | head -n 1)
is "an update meanwhile" "$(update 10 1)" 204
ok "is published" wait_until 3 entry_is 10 1
kill -TERM "$FULL_PID"
wait "$PIPE_PID"

rmdir_all() {
	rm -rf "$TEST_TMP/gone"
}
apart gone
rmdir_all
out=$("$PROGRAM" --config "$TEST_TMP/gone.conf" publish --once --pool live 2>&1)
like "a folder that is missing is told" "$out" "$TEST_TMP/gone: No such file or directory; make it"

ok "every list is still right" all_signed
no_reports

# ---- processes that serve, and do not publish -----------------------------------------

stack down --keep >/dev/null
up "status.publisher is off" "${OPTIONS[@]}" --set status.publisher=off
program pool add apart --set size=1000 --set bits=8 --json >/dev/null
sleep 2
is "nobody publishes a new pool" "$(stack redis EXISTS 'tally:{apart}:lease')" 0
ok "until it is published" program publish --once --pool apart
has_files() {
	[ "$(find "$TALLYSTICK_STATUS_DIRECTORY" -name 'apart-*' | wc -l)" = 6 ]
}
ok "its files are written by those that serve" wait_until 5 has_files || say_log
no_reports
done_testing
