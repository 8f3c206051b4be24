#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Access tokens that carry a status, on a whole stack with each database: the list
# over HTTP says 0; the token ends, by itself, with its family, by hand; and the list
# says 1 soon after, while introspection says so at once. In each persistence, and
# through a Redis that goes away.
#
# TALLY_IT_KINDS   databases to try: "mysql mariadb"
# shellcheck disable=SC2119,SC2317 # functions with optional arguments; called by "ok", "wait_until"
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-token.sh
. "$TALLY_SRCDIR/tests/it/lib-token.sh"

# ---- what a list says -----------------------------------------------------------

# said_of TOKEN: what whoever relies on it finds out.
said_of() {
	printf '%s' "$1" | "$PROGRAM" status check - --jwks "$TEST_TMP/jwks" --json \
		2>"$TEST_TMP/check.log" | jq -r .status
}

# is_said WHAT TOKEN...: of each of them.
is_said() {
	local what=$1 token
	shift
	for token; do
		[ "$(said_of "$token")" = "$what" ] || return
	done
}

# soon NAME WHAT TOKEN...: within the interval, and a moment for the machine.
soon() {
	local name=$1
	shift
	ok "$name" wait_until 10 is_said "$@" ||
		diag "$(cat "$TEST_TMP/check.log")" "$(tail -n 5 "$TALLYSTICK_LOG")"
}

# entry TOKEN: "URI INDEX", or "none".
entry() {
	claims "$1" | jq -r '.status.status_list // "none" | if . == "none" then . else
		"\(.uri) \(.idx)" end'
}

# ---- getting tokens -------------------------------------------------------------

# have CLIENT: sets access; every entry is noted.
have() {
	[ "$(grant "$1" client_credentials)" = 200 ] || bail "a token" "$(cat "$TEST_TMP/body")"
	access=$(body .access_token)
	entry "$access" >>"$TEST_TMP/entries"
}

# log_in: sets access and refresh.
log_in() {
	[ "$(grant app password -d username=ann -d password=secret-of-ann -d scope=read)" = 200 ] ||
		bail "a login" "$(cat "$TEST_TMP/body")"
	access=$(body .access_token)
	refresh=$(body .refresh_token)
	entry "$access" >>"$TEST_TMP/entries"
}

# go_on: refreshes; sets access and refresh.
go_on() {
	[ "$(refresh app "$refresh")" = 200 ] || bail "a refresh" "$(cat "$TEST_TMP/body")"
	access=$(body .access_token)
	refresh=$(body .refresh_token)
	entry "$access" >>"$TEST_TMP/entries"
}

# ready_for MODE: takes the configuration over, and waits for lists.
ready_for() {
	reload '[tokens]' "persistence = $1" 'status = on' 'refresh-grace = 1s' \
		'[pool.tokens]' 'reference-lifetime = 1d' 'update-interval = 1s'
	wait_until 20 gets_token || say_log
}

gets_token() {
	[ "$(grant app client_credentials)" = 200 ]
}

# ---- one token ------------------------------------------------------------------

one_token() {
	local mode=$1 first
	have app
	first=$access
	like "$mode: it names an entry" "$(entry "$first")" \
		"^$TALLYSTICK_URL/status-lists/tokens-[0-9a-f]{12} [0-9]+\$"
	soon "$mode: which is 0" VALID "$first"
	have app
	is "$mode: it is revoked" "$(revoke app "$access")" 200
	is "$mode: introspection knows at once" "$(active app "$access")" false
	soon "$mode: and the list soon" INVALID "$access"
	ok "$mode: of this token alone" is_said VALID "$first"
	is "$mode: by hand" "$(program revoke --token - --json <<<"$first" | jq -r .revoked)" \
		"an access token"
	is "$mode: introspection knows of that" "$(active app "$first")" false
	soon "$mode: and the list, too" INVALID "$first"
	have quiet
	is "$mode: whose client wants none has none" "$(entry "$access")" none
	[ "$(grant opaque client_credentials)" = 200 ] && like "$mode: nor has an opaque one" \
		"$(body .access_token)" "^ta_"
}

# ---- a family -------------------------------------------------------------------

a_family() {
	local mode=$1 old
	local -a family
	log_in
	family=("$access")
	for _ in 1 2; do
		go_on
		family+=("$access")
	done
	soon "$mode: a family is valid" VALID "${family[@]}"
	is "$mode: its refresh token is revoked" "$(revoke app "$refresh")" 200
	is "$mode: introspection knows of all" "$(active app "${family[0]}") $(active app "$access")" \
		"false false"
	soon "$mode: and the list" INVALID "${family[@]}"
	log_in
	old=$refresh
	family=("$access")
	for _ in 1 2; do
		go_on
		family+=("$access")
	done
	soon "$mode: another one is valid" VALID "${family[@]}"
	sleep 1.1
	refused "$mode: its first token comes back" "$(refresh app "$old")" "400 invalid_grant"
	soon "$mode: all that came of it has ended" INVALID "${family[@]}"
}

# ---- all of a client or a user --------------------------------------------------

# marked OPTION WHO: how many entries it says to have marked.
marked() {
	program revoke "$1" "$2" --json | jq -r .entries_marked
}

everything() {
	local mode=$1 own of_user
	have app
	own=$access
	log_in
	of_user=$access
	soon "$mode: both are valid" VALID "$own" "$of_user"
	case $mode in
	all)
		isnt "$mode: all of a client" "$(marked --client app)" 0
		soon "$mode: each is marked" INVALID "$own" "$of_user"
		;;
	refresh)
		isnt "$mode: all of a user" "$(marked --user ann)" 0
		soon "$mode: what came with a refresh token is marked" INVALID "$of_user"
		isnt "$mode: all of a client" "$(marked --client app)" ""
		ok "$mode: what is not kept is not" is_said VALID "$own"
		;;
	none)
		isnt "$mode: all of a client" "$(marked --client app)" ""
		isnt "$mode: all of a user" "$(marked --user ann)" ""
		ok "$mode: nothing is known of either" is_said VALID "$own" "$of_user"
		;;
	esac
	is "$mode: introspection knows" "$(active app "$own") $(active app "$of_user")" "false false"
}

# ---- without Redis --------------------------------------------------------------

without_redis() {
	local before
	have app
	before=$access
	soon "a token before the outage" VALID "$before"
	stack stop redis >"$TEST_TMP/out" 2>&1
	is "tokens are issued from memory" "$(grant app client_credentials)" 200
	access=$(body .access_token)
	entry "$access" >>"$TEST_TMP/entries"
	isnt "with a status" "$(entry "$access")" none
	refused "introspection cannot tell" \
		"$(post /oauth2/introspect app -d token="$before")" "503 temporarily_unavailable"
	refused "nor is a revocation done" "$(revoke app "$before")" "503 temporarily_unavailable"
	like "and so says the command" "$(program revoke --client app 2>&1)" \
		'not all status lists could be told.*do it again'
	stack start redis >"$TEST_TMP/out" 2>&1
	ok "Redis is back" wait_until 20 revoked_well "$before"
	soon "what was repeated is done" INVALID "$before"
	have app
	is "a revocation" "$(revoke app "$access")" 200
	stack kill redis >"$TEST_TMP/out" 2>&1
	stack start redis >"$TEST_TMP/out" 2>&1
	soon "survives kill -9 of Redis" INVALID "$access"
	ok "and so does introspection" wait_until 10 says_inactive "$access"
}

revoked_well() {
	[ "$(revoke app "$1")" = 200 ]
}

says_inactive() {
	[ "$(active app "$1")" = false ]
}

# A client of its own mind, where tokens have no status otherwise.
one_client() {
	reload '[tokens]' 'status = off' '[pool.tokens]' 'update-interval = 1s'
	have app
	is "off: none" "$(entry "$access")" none
	add_client eager --grant client_credentials --scope read --status on
	have eager
	isnt "but for a client that wants it" "$(entry "$access")" none
	soon "which is 0" VALID "$access"
	is "it is shown" "$(program client show eager --json | jq -r .status)" on
	is "a whole pool is set" "$(program pool set-all tokens --value 1 --force --json |
		jq -r .pool)" tokens
	is "introspection knows of that, too" "$(active eager "$access")" false
	soon "and the list" INVALID "$access"
}

for kind in ${TALLY_IT_KINDS:-mysql mariadb}; do
	: >"$TEST_TMP/entries"
	up "$kind: the stack is up" --server lighttpd --db "$kind" --set log.level=info \
		--set clients.cache=1s --set passwords.cache=1h
	add_client app --grant client_credentials --grant password --grant refresh_token --scope read
	add_client quiet --grant client_credentials --scope read --status off
	add_client opaque --grant client_credentials --scope read --format opaque
	like "a status of an opaque token is refused" \
		"$(program client add --grant client_credentials --format opaque --status on 2>&1)" \
		'opaque token carries no status'
	awk '/^\[/ { skip = /redis|pool/ } !skip' "$TALLYSTICK_CONF" >"$TEST_TMP/without"
	like "and any without Redis" "$("$PROGRAM" --config "$TEST_TMP/without" client add \
		--grant client_credentials --status on 2>&1)" 'kept in Redis, and none is configured'
	add_user ann secret-of-ann >/dev/null
	[ "$(fetch /oauth2/jwks)" = 200 ] && cp "$TEST_TMP/body" "$TEST_TMP/jwks"
	for mode in all refresh none; do
		ready_for "$mode"
		one_token "$mode"
		a_family "$mode"
		everything "$mode"
	done
	without_redis
	stack restart pool >"$TEST_TMP/out" 2>&1
	wait_until 20 gets_token
	have app
	one_client
	is "$kind: no entry was given twice" \
		"$(grep -v none "$TEST_TMP/entries" | sort | uniq -d)" ""
	no_reports
	stack redis FLUSHALL >"$TEST_TMP/out" 2>&1 # the next one begins anew
done
done_testing
