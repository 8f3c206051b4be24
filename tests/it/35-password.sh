#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Users, from the command line to a token: through a web server, with a real
# database and a real Redis.
# shellcheck disable=SC2317 # functions that wait_until calls
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

have_server lighttpd lighttpd || done_testing
up "the stack is up" --server lighttpd --set users.cache=1s --set clients.cache=1s \
	--set failures.window=5s --set failures.per-account=4 --set log.level=info
SECRET=$TEST_TMP/client.json
PASSWORD='s3cret of Bob, äöü'

# login USER PASSWORD [CURL ARGUMENT...]: prints the status.
login() {
	local user=$1 password=$2
	shift 2
	printf 'user = "%s:%s"\n' shop "$(jq -r .client_secret "$SECRET")" |
		fetch /oauth2/token --config - -d grant_type=password \
			--data-urlencode "username=$user" --data-urlencode "password=$password" "$@"
}

# field NAME COMMAND...: of what the program prints in JSON.
field() {
	local name=$1
	shift
	program "$@" --json | jq -r ".$name"
}

status_is() {
	[ "$(login "$2" "$3")" = "$1" ]
}

(umask 077 && program client add --id shop --grant password --grant refresh_token \
	--scope "read openid profile" --default-scope read --persistence none --format jwt \
	--refresh-lifetime 1h --introspect --json >"$SECRET") || bail "a client is added"
is "what the client has of its own is shown" \
	"$(program client show shop --json | jq -rc '[.persistence, .format, .refresh_lifetime, .introspects]')" \
	'["none","jwt",3600,"yes"]'
not_ok "another persistence is refused" program client add --grant password --persistence some
not_ok "another format is refused" program client add --grant password --format xml

# ---- users ----------------------------------------------------------------------

printf '%s\n' "$PASSWORD" >"$TEST_TMP/password"
BOB=$(field user_id user add bob --name "Bob Example" --password-file "$TEST_TMP/password")
like "a user is added" "$BOB" '^[0-9a-f]{20}$'
not_ok "a second bob is refused" program user add bob
MADE=$(field password user add carol)
like "a password is made up" "$MADE" '^[A-Za-z0-9_-]{22}$'
printf 'short\n' >"$TEST_TMP/short"
not_ok "a short password is refused" program user add dave --password-file "$TEST_TMP/short"
not_ok "a file that is not there is refused" program user add dave --password-file "$TEST_TMP/none"
is "by standard input" "$(printf 'long enough\n' | program user add dave --password-file - --json | jq -r .login)" dave
is "a machine user is added" "$(field login user add robot --machine)" robot
not_ok "which has no password" program user passwd robot
is "all are listed" "$(program user list --json | jq -r '[.[].login] | join(" ")')" "bob carol dave robot"
is "one is shown, by login" "$(field user_id user show bob)" "$BOB"
is "or by user_id" "$(field login user show "$BOB")" bob
is "without the hash" "$(field password user show bob)" set
not_ok "nobody is not" program user show nobody
unlike "no password is in the database" \
	"$(grep -RFl --exclude='.tallystick-*' -e "$PASSWORD" -e "$MADE" "$STACK"/database-* 2>&1)" .

# ---- logins ---------------------------------------------------------------------

is "bob logs in" "$(login bob "$PASSWORD")" 200
like "and gets an access token" "$(body .access_token)" '^ey.*\..*\.'
like "and a refresh token" "$(body .refresh_token)" .
is "he is the subject" \
	"$(body '.access_token | split(".")[1] | gsub("-";"+") | gsub("_";"/") | . + "===" | .[0:(length - length % 4)] | @base64d | fromjson | .sub')" \
	"$BOB"
is "with openid there is an ID token" "$(login bob "$PASSWORD" -d 'scope=openid profile' && body .id_token >/dev/null)" 200
is "carol, too" "$(login carol "$MADE")" 200
is "not with bob's password" "$(login carol "$PASSWORD")" 400
is "which is invalid_grant" "$(body .error)" invalid_grant
is "an unknown user" "$(login nobody "$PASSWORD")" 400
is "gets the same" "$(body .error)" invalid_grant
is "nor does a machine log in" "$(login robot "$MADE")" 400

ok "a password is changed" program user passwd dave --password-file "$TEST_TMP/password"
ok "and in force soon" wait_until 5 status_is 200 dave "$PASSWORD"
is "the old one is not any more" "$(login dave 'long enough')" 400
ok "bob is disabled" program user disable bob
ok "and refused soon, remembered or not" wait_until 5 status_is 400 bob "$PASSWORD"
ok "bob is enabled" program user enable bob
ok "and accepted soon" wait_until 8 status_is 200 bob "$PASSWORD"
ok "dave is removed" program user remove dave
ok "and refused soon" wait_until 5 status_is 400 dave "$PASSWORD"

# ---- limits ---------------------------------------------------------------------

sleep 5
for i in 1 2 3 4; do
	is "wrong password $i" "$(login carol wrong)" 400
done
# Each process learns it from a failure of its own.
tries=0
while [ "$(login carol wrong)" != 429 ] && [ "$tries" -lt 20 ]; do
	tries=$((tries + 1))
done
ok "soon all processes say 429" test "$tries" -lt 20
like "and until when" "$(header Retry-After)" '^[1-5]$'
is "bob is none the worse for it" "$(login bob "$PASSWORD")" 200
ok "carol may again when the window ends" wait_until 10 status_is 200 carol "$MADE"

# ---- Redis ----------------------------------------------------------------------

redis_is() {
	fetch /health/ready >/dev/null
	[ "$(body .redis)" = "$1" ]
}

ok "Redis is up" wait_until 5 redis_is up
stack stop redis >/dev/null
ok "its end is seen" wait_until 10 redis_is down
is "which is a degraded service" "$(fetch /health/ready) $(body .status)" "200 degraded"
is "logins go on" "$(login bob "$PASSWORD")" 200
ok "a start without it succeeds" stack restart pool
is "and serves" "$(login bob "$PASSWORD")" 200
stack start redis >/dev/null
ok "it is seen when it is back" wait_until 10 redis_is up
not_ok "a Redis that is not durable is refused" bash -c "
	redis-cli -s '$TALLYSTICK_REDIS_SOCKET' CONFIG SET appendfsync everysec >/dev/null
	'$PROGRAM' --config '$TALLYSTICK_CONF' check-config"
redis-cli -s "$TALLYSTICK_REDIS_SOCKET" CONFIG SET appendfsync always >/dev/null
ok "a durable one is not" program check-config
unlike "no password is in a log" \
	"$(grep -RFl -e "$PASSWORD" -e "$MADE" "$STACK/log" 2>&1)" .
no_reports
done_testing
