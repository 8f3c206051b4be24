#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Refresh tokens against a real database and Redis, in each persistence: 64
# parallel uses, what was used before a crash, reuse, revocation that every
# endpoint agrees on, a Redis that is away, a wrap key that is changed.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

PASSWORD='it is not secret'
KINDS="all refresh none opaque"

# post PATH [curl option...]: status and, in $TEST_TMP/answer, the body.
post() {
	local path=$1
	shift
	curl -sS -o "$TEST_TMP/answer" -w '%{http_code}' "$TALLYSTICK_URL/oauth2/$path" "$@"
}

# member NAME: of the answer.
member() {
	sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$TEST_TMP/answer"
}

# login KIND: sets ACCESS and REFRESH.
login() {
	post token -u "c-$1:$(cat "$TEST_TMP/secret-$1")" -d grant_type=password -d username=ann \
		--data-urlencode "password=$PASSWORD" -d 'scope=openid read' >"$TEST_TMP/status"
	ACCESS=$(member access_token) REFRESH=$(member refresh_token)
	printf '%s\n' "$ACCESS" "$REFRESH" >>"$TEST_TMP/secrets"
	[ -n "$REFRESH" ] || bail "$1: a login" "$(cat "$TEST_TMP/status" "$TEST_TMP/answer")"
}

# refresh KIND TOKEN: the status, and the tokens in the answer.
refresh() {
	post token -u "c-$1:$(cat "$TEST_TMP/secret-$1")" -d grant_type=refresh_token \
		-d "refresh_token=$2"
}

# shellcheck disable=SC2317 # wait_until calls it
refreshes() {
	[ "$(refresh "$@")" = 200 ]
}

# active KIND TOKEN
active() {
	post introspect -u "c-$1:$(cat "$TEST_TMP/secret-$1")" -d "token=$2" >"$TEST_TMP/status"
	sed -n 's/.*"active":\([a-z]*\).*/\1/p' "$TEST_TMP/answer"
}

userinfo() {
	curl -sS -o "$TEST_TMP/answer" -w '%{http_code}' -H "Authorization: Bearer $1" \
		"$TALLYSTICK_URL/oauth2/userinfo"
}

# at_once KIND TOKEN: how many of 64 parallel refreshes succeed.
at_once() {
	local i
	for i in $(seq 64); do
		printf 'url = "%s/oauth2/token"\nuser = "c-%s:%s"\n' "$TALLYSTICK_URL" "$1" \
			"$(cat "$TEST_TMP/secret-$1")"
		printf 'data = "grant_type=refresh_token&refresh_token=%s"\n' "$2"
		printf 'output = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nnext\n'
	done | sed '$d' >"$TEST_TMP/parallel"
	curl -sS --no-progress-meter --parallel --parallel-immediate --parallel-max 64 -K "$TEST_TMP/parallel" |
		grep -c '^200$'
}

add_clients() {
	local kind how
	for kind in $KINDS; do
		how="--persistence $kind"
		[ "$kind" != opaque ] || how="--format opaque"
		# shellcheck disable=SC2086 # two words
		program client add --id "c-$kind" --grant password --grant refresh_token $how \
			--scope "openid read" --json |
			sed -n 's/.*"client_secret": *"\([^"]*\)".*/\1/p' >"$TEST_TMP/secret-$kind"
	done
	printf '%s\n' "$PASSWORD" >"$TEST_TMP/password"
	program user add --password-file "$TEST_TMP/password" ann >"$TEST_TMP/user" 2>&1 ||
		bail "a user" "$(cat "$TEST_TMP/user")"
}

it_is_used_once() {
	local kind=$1 first
	login "$kind"
	first=$REFRESH
	is "$kind: of 64 parallel uses one succeeds" "$(at_once "$kind" "$first")" 1
	is "$kind: the rest has ended the family" "$(active "$kind" "$ACCESS")" false
	is "$kind: and it stays so" "$(refresh "$kind" "$first")" 400
}

every_endpoint_agrees() {
	local kind=$1
	login "$kind"
	is "$kind: the access token is active" "$(active "$kind" "$ACCESS")" true
	is "$kind: userinfo answers" "$(userinfo "$ACCESS")" 200
	is "$kind: the refresh token is active" "$(active "$kind" "$REFRESH")" true
	is "$kind: it is revoked" \
		"$(post revoke -u "c-$kind:$(cat "$TEST_TMP/secret-$kind")" -d "token=$REFRESH")" 200
	is "$kind: the access token is not active" "$(active "$kind" "$ACCESS")" false
	is "$kind: userinfo refuses" "$(userinfo "$ACCESS")" 401
	is "$kind: the refresh token is not active" "$(active "$kind" "$REFRESH")" false
	is "$kind: nor good for anything" "$(refresh "$kind" "$REFRESH")" 400
}

# By hand: everything until now, and nothing after it.
watermarks() {
	local kind=$1 how
	for how in "--client c-$kind" "--user ann"; do
		login "$kind"
		# shellcheck disable=SC2086 # two words
		ok "$kind: revoke $how" program revoke $how
		is "$kind: what was issued before is over" "$(active "$kind" "$ACCESS")" false
		is "$kind: its refresh token, too" "$(refresh "$kind" "$REFRESH")" 400
		login "$kind"
		is "$kind: what is issued after it is good" "$(active "$kind" "$ACCESS")" true
	done
	printf '%s\n' "$REFRESH" >"$TEST_TMP/token"
	is "$kind: revoke --token -" \
		"$(program revoke --json --token - <"$TEST_TMP/token" | grep -c "c-$kind")" 1
	is "$kind: the family is over" "$(active "$kind" "$ACCESS")" false
}

# A token that was used is used after a crash of everything.
after_a_crash() {
	local kind
	declare -A used
	for kind in all none; do
		login "$kind"
		is "$kind: used" "$(refresh "$kind" "$REFRESH")" 200
		used[$kind]=$REFRESH
	done
	for part in redis database pool; do
		stack kill "$part" >"$TEST_TMP/kill" 2>&1
		stack start "$part" >>"$TEST_TMP/kill" 2>&1
	done
	ok "ready after a crash" stack wait
	for kind in all none; do
		is "$kind: not used twice" "$(refresh "$kind" "${used[$kind]}")" 400
	done
}

without_redis() {
	login none
	stack kill redis >/dev/null 2>&1
	is "without Redis a sealed token is answered 503" "$(refresh none "$REFRESH")" 503
	login refresh
	is "without Redis a kept one is good" "$(refresh refresh "$REFRESH")" 200
	stack start redis >/dev/null 2>&1
	login none
	wait_until 15 refreshes none "$REFRESH"
	is "with Redis a sealed token is good, once" "$(refresh none "$REFRESH")" 400
}

another_wrap_key() {
	local before
	login none
	before=$REFRESH
	(umask 077 && head -c 32 /dev/urandom >"$STACK/wrap.new")
	ok "another wrap key" stack up --program "$PROGRAM" --set "keys.wrap-key-file=$STACK/wrap.new" \
		--set "keys.previous-wrap-key-file=$STACK/wrap.key"
	is "what was sealed before opens" "$(refresh none "$before")" 200
	is "and so does what is sealed now" "$(refresh none "$(member refresh_token)")" 200
	is "the signing key signs" "$(active none "$(member access_token)")" true
}

command -v curl >/dev/null || missing_all "curl is there" "curl"
up "the stack is up" --set tokens.refresh-grace=0s --set log.level=info
add_clients
for kind in $KINDS; do
	it_is_used_once "$kind"
	every_endpoint_agrees "$kind"
	watermarks "$kind"
done
like "reuse is a warning" "$(grep -c ' warn .*was used again' "$TALLYSTICK_LOG")" '^[1-9]'
after_a_crash
without_redis
another_wrap_key
is "no token is in any log" "$(grep -RFl -f "$TEST_TMP/secrets" "$STACK/log")" ""
no_reports
done_testing
