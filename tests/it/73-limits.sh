#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Guessing is limited, for all processes together; a guess tells nothing; logins
# leave threads for everybody else.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-token.sh
. "$TALLY_SRCDIR/tests/it/lib-token.sh"

PROCESSES=3
LIMIT=5

log_in() {
	grant app password -d username="$1" -d password="$2"
}

# answer: the last one, less what differs every time.
answer() {
	sed -E -e 's/("request_id":")[^"]*/\1…/' -e 's/^(X-Request-Id|Date): .*/\1/I' -e 's/\r//' \
		"$TEST_TMP/head" "$TEST_TMP/body"
}

# counts WORD...: how often each was said, as "400×5 429×20".
counts() {
	printf '%s\n' "$@" | sort | uniq -c | awk '{ printf "%s%s×%s", sep, $2, $1; sep = " " }'
}

# of STATUS WORD...: how often it was said.
of() {
	local status=$1
	shift
	printf '%s\n' "$@" | grep -cx "$status"
}

up "the stack is up" --server lighttpd --processes "$PROCESSES" --set users.cache=1s \
	--set failures.per-account="$LIMIT" --set failures.window=15s
for id in app second third; do
	add_client "$id" --grant password --grant client_credentials --scope read
done
for login in ann bob cara; do
	add_user "$login" "secret-of-$login" >/dev/null
done
program user add robot --machine >/dev/null
program user disable cara >/dev/null

# ---- nobody learns who is there ---------------------------------------------------

log_in ann wrong >/dev/null
answer >"$TEST_TMP/wrong"
while read -r name login password; do
	log_in "$login" "$password" >/dev/null
	ok "${name//_/ } is answered like a wrong password" \
		diff "$TEST_TMP/wrong" <(answer)
done <<-'END'
	an_unknown_user nobody secret-of-nobody
	a_disabled_user cara secret-of-cara
	a_machine_user robot anything
	another_case ANN secret-of-ann
END
SECRET[nobody]=wrong
grant nobody client_credentials >/dev/null
answer >"$TEST_TMP/unknown"
right=${SECRET[second]}
SECRET[second]=wrong
grant second client_credentials >/dev/null
ok "a wrong secret is answered like an unknown client" diff "$TEST_TMP/unknown" <(answer)
SECRET[second]=$right

# ---- per account --------------------------------------------------------------------

# Each process lets at most one more through than the limit says.
guess() {
	local i
	GOT=()
	for i in {1..30}; do
		GOT+=("$("$@")")
	done
}

limited() {
	local name=$1 status=$2
	shift 2
	guess "$@"
	ok "$name: the count is shared by all processes ($(counts "${GOT[@]}"))" \
		[ "$(of "$status" "${GOT[@]}")" -lt $((LIMIT + PROCESSES)) ]
	ok "$name: and as many may fail as were allowed" \
		[ "$(of "$status" "${GOT[@]}")" -ge $((LIMIT - 1)) ]
	is "$name: the others are 429" "$((30 - $(of "$status" "${GOT[@]}")))" \
		"$(of 429 "${GOT[@]}")"
	is "$name: the error" "$(body .error)" too_many_requests
	like "$name: when to come again" "$(header Retry-After)" '^([1-9]|1[0-5])$'
}

limited "logins" 400 log_in bob wrong
refused "not even with the right password" "$(log_in bob secret-of-bob)" "429 too_many_requests"
is "another user from there may log in" "$(log_in ann secret-of-ann)" 200
limited "logins of somebody who is not there" 400 log_in none wrong
# shellcheck disable=SC2317 # called by limited
guess_secret() {
	SECRET[third]=wrong
	grant third client_credentials
}
right=${SECRET[third]}
limited "client authentications" 401 guess_secret
SECRET[third]=$right
refused "not even with the right secret" "$(grant third client_credentials)" \
	"429 too_many_requests"
is "another client from there may authenticate" "$(grant second client_credentials)" 200
ok "it is in the log" in_log 'warn .*too many failed logins of user bob'
ok "of both kinds" in_log 'warn .*too many failed authentications of client third'

sleep 15
is "after the window: the right password is good" "$(log_in bob secret-of-bob)" 200
is "after the window: the right secret too" "$(grant third client_credentials)" 200
guess log_in bob secret-of-bob
is "whoever is right is never counted" "$(of 200 "${GOT[@]}")" 30

# ---- per address, and without Redis ---------------------------------------------------

up "the stack is up, with a limit per address" --server lighttpd --processes "$PROCESSES" \
	--set failures.per-address="$LIMIT" --set failures.window=60s
GOT=()
for i in {1..30}; do
	GOT+=("$(log_in "user$i" wrong)")
done
ok "names that change do not help ($(counts "${GOT[@]}"))" \
	[ "$(of 400 "${GOT[@]}")" -lt $((LIMIT + PROCESSES)) ]
is "client credentials from there go on" "$(grant second client_credentials)" 200

up "the stack is up, without Redis" --server lighttpd --processes "$PROCESSES" \
	--set redis.socket= --set failures.per-account="$LIMIT" --set failures.window=60s
guess log_in ann wrong
ok "each process counts for itself ($(counts "${GOT[@]}"))" \
	[ "$(of 400 "${GOT[@]}")" -le $((LIMIT * PROCESSES)) ]

# ---- logins leave threads for others ------------------------------------------------------

# Passwords that take long, more logins than threads: they are told to come again,
# while tokens for clients are issued.
up "the stack is up, with hard passwords" --server lighttpd --processes 1 --threads 4 \
	--set passwords.cache=0s --set passwords.passes=8 --set passwords.memory=65536
printf '%s\n' secret-of-ann >"$TEST_TMP/password"
program user passwd ann --password-file "$TEST_TMP/password" >/dev/null
export CC=second CC_SECRET=${SECRET[second]} APP=app APP_SECRET=${SECRET[app]}
export LOGIN=ann PASSWORD=secret-of-ann
tokens_start login "$TEST_TMP/record"
GOT=()
for i in {1..40}; do
	GOT+=("$(grant second client_credentials)")
done
kill -0 "$LOAD_PID" 2>/dev/null && still=yes
tokens_end
is "client credentials are issued meanwhile" "$(counts "${GOT[@]}")" "200×40"
is "(logins went on all the time)" "${still:-}" yes
ok "some logins succeeded" [ "$(load_count 200)" -gt 0 ]
ok "others were told to come again" [ "$(load_count 503)" -gt 0 ]
is "and nothing else" "$(load_bad)" "$(load_count 503)"
no_reports
done_testing
