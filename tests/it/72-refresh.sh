#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A refresh token is good for one use, whoever asks how often: in parallel, again
# after the grace, after Redis or the pool were killed. Kept ones and sealed ones.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-token.sh
. "$TALLY_SRCDIR/tests/it/lib-token.sh"

command -v python3 >/dev/null || missing_all "python3 is there" "python3"
RECORD=$TEST_TMP/record

log_in() {
	grant app password -d username=ann -d password=secret-of-ann -d scope='read write'
}

# have_token: sets access and refresh.
have_token() {
	[ "$(log_in)" = 200 ] || bail "a login" "$(cat "$TEST_TMP/body")"
	access=$(body .access_token)
	refresh=$(body .refresh_token)
}

logged_reuse() {
	grep -c 'warn .*refresh token of client app, .*used again' "$TALLYSTICK_LOG"
}

# Threads enough that all 64 are looked at at once.
up "the stack is up" --server lighttpd --processes 4 --threads 16 \
	--set database.connections=8 --set log.level=info --set users.cache=1s \
	--set tokens.refresh-grace=0s --set passwords.cache=1h
add_client app --grant password --grant refresh_token --scope 'read write'
add_client other --grant password --grant refresh_token --scope 'read write'
add_user ann secret-of-ann >/dev/null
export APP=app APP_SECRET=${SECRET[app]} LOGIN=ann PASSWORD=secret-of-ann

# ---- 64 at once ---------------------------------------------------------------

race() {
	local mode=$1 i winner
	reload '[tokens]' "persistence = $mode"
	for i in 1 2 3; do
		have_token
		python3 -B "$HERE/tokens.py" race "$TALLYSTICK_URL" 64 "$refresh" \
			>"$TEST_TMP/race" 2>"$TEST_TMP/race.errors"
		is "$mode: 64 uses at once: one token, $i" \
			"$(grep -v '{' "$TEST_TMP/race" | paste -sd, -)" "200 1,400 63"
		winner=$(grep '{' "$TEST_TMP/race")
		refused "$mode: the others ended its family" \
			"$(refresh app "$(jq -r .refresh_token <<<"$winner")")" "400 invalid_grant"
		is "$mode: and its access token" \
			"$(active app "$(jq -r .access_token <<<"$winner")")" false
	done
}

before=$(logged_reuse)
race all
race refresh
race none
ok "reuse is in the log as a warning" [ "$(logged_reuse)" -ge $((before + 9)) ]

# ---- grace --------------------------------------------------------------------

grace() {
	local mode=$1 name="$1, grace"
	reload '[tokens]' "persistence = $mode"
	have_token
	is "$name: used" "$(refresh app "$refresh")" 200
	first=$(body .refresh_token)
	is "$name: used again at once" "$(refresh app "$refresh")" 200
	second=$(body .refresh_token)
	isnt "$name: that is another token" "$first" "$second"
	refused "$name: not for another client" "$(refresh other "$refresh")" "400 invalid_grant"
	is "$name: both are good" "$(refresh app "$first") $(refresh app "$second")" "200 200"
	last=$(body .refresh_token)
	last_access=$(body .access_token)
	is "$name: is over" "$(sleep 2.1; active app "$last")" true
	before=$(logged_reuse)
	refused "$name: used after it" "$(refresh app "$refresh")" "400 invalid_grant"
	is "$name: that is logged" "$(logged_reuse)" $((before + 1))
	is "$name: the family has ended" "$(active app "$last") $(active app "$last_access")" \
		"false false"
	refused "$name: for every branch" "$(refresh app "$last")" "400 invalid_grant"
	have_token
	is "$name: another login is no part of it" "$(refresh app "$refresh")" 200
}

up "the stack is up, with a grace" --server lighttpd --set log.level=info \
	--set tokens.refresh-grace=2s
grace all
grace none

# ---- what a refresh may ask for --------------------------------------------------

have_token
is "less scope" "$(refresh app "$refresh" -d scope=read) $(body .scope)" "200 read"
refresh=$(body .refresh_token)
refused "more than was granted" "$(refresh app "$refresh" -d scope='read admin')" \
	"400 invalid_scope"
is "a refusal uses nothing up; all of it again" "$(refresh app "$refresh") $(body .scope)" \
	"200 read write"
refresh=$(body .refresh_token)
for wrong in "${refresh%?}" "${refresh}x" "x$refresh" "" "ts_" "tr_" "$(printf '%02000d' 0)"; do
	like "a token that is none: ${wrong:0:10}…" "$(refresh app "$wrong")" '^400$'
done

# ---- lifetimes --------------------------------------------------------------------

# Of whole seconds: a lifetime may be a second shorter. Both kinds at once.
declare -A USED IDLE
for mode in all none; do
	reload '[tokens]' "persistence = $mode" 'refresh-lifetime = 5s' 'refresh-max-lifetime = 7s'
	have_token
	USED[$mode]=$refresh
	have_token
	IDLE[$mode]=$refresh
done
for when in "in time" "in time again"; do
	sleep 2
	for mode in all none; do
		is "$mode: used $when" "$(refresh app "${USED[$mode]}")" 200
		USED[$mode]=$(body .refresh_token)
	done
done
sleep 1.2
for mode in all none; do
	refused "$mode: not used in time" "$(refresh app "${IDLE[$mode]}")" "400 invalid_grant"
done
sleep 2
for mode in all none; do
	refused "$mode: whatever happens, the family ends" "$(refresh app "${USED[$mode]}")" \
		"400 invalid_grant"
done

# ---- Redis is gone ------------------------------------------------------------------

up "the stack is up, nothing is kept" --server lighttpd --set tokens.persistence=none \
	--set tokens.refresh-grace=0s --set redis.timeout=1s --set passwords.cache=1h \
	--set keys.refresh=1s
have_token
used=$refresh
is "a token is used" "$(refresh app "$used")" 200
unused=$(body .refresh_token)
access=$(body .access_token)
stack kill redis
refused "Redis killed: a refresh" "$(refresh app "$unused")" "503 temporarily_unavailable"
like "Redis killed: when to come again" "$(header Retry-After)" '^[1-9][0-9]*$'
refused "Redis killed: a token that was used" "$(refresh app "$used")" "503 temporarily_unavailable"
is "Redis killed: logins go on" "$(log_in)" 200
is "Redis killed: access tokens are looked at" "$(active app "$access")" true
is "Redis killed: whether a refresh token was used is not known" "$(active app "$unused")" 503
stack start redis >/dev/null
sleep 1.2 # a process looks again once a second
ok "Redis started: ready" is_ready
is "Redis started: a token that was not used is good" "$(refresh app "$unused")" 200
last=$(body .refresh_token)
refused "Redis started: one that was used is not" "$(refresh app "$used")" "400 invalid_grant"
refused "and ended its family" "$(refresh app "$last")" "400 invalid_grant"

# Under load, twice: what was used stays used.
tokens_start replay "$RECORD"
for _ in 1 2; do
	sleep 0.7
	stack kill redis
	stack start redis >/dev/null
	sleep 0.7
done
tokens_end
ok "killed under load: tokens were used" [ "$(grep -c '^used' "$RECORD")" -gt 50 ]
ok "killed under load: there was an outage" [ "$(load_count 503)" -gt 0 ]
is "killed under load: nothing was accepted twice" "$(load_count twice)" 0
is "killed under load: no answer is another" \
	"$(awk '$1 !~ /^(running|200|400|503)$/' "$TEST_TMP/load")" ""
python3 -B "$HERE/tokens.py" again "$TALLYSTICK_URL" "$RECORD" >"$TEST_TMP/again" 2>&1
is "killed under load: nothing is accepted afterwards" "$(awk '$1 != "400:"' "$TEST_TMP/again")" \
	"400 $(grep -c '^used' "$RECORD")"

# ---- Redis does not keep what it is told ------------------------------------------------

have_token
stack redis CONFIG SET appendfsync everysec >/dev/null
stack restart pool >/dev/null 2>&1
ok "not durable: no process starts" wait_until 10 pool_is_gone
ok "not durable: the log says what to do" in_log 'appendfsync is everysec.*set "appendfsync always"'
up "redis.durability = relaxed accepts it" --server lighttpd --set tokens.persistence=none \
	--set redis.durability=relaxed --set keys.refresh=1s
is "and tokens are refreshed" "$(refresh app "$refresh")" 200
stack redis CONFIG SET appendfsync always >/dev/null
no_reports
done_testing
