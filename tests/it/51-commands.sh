#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command line: clients and their secrets, and how soon a change is in force;
# init-db, check-config; help, messages, exit statuses, JSON.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

command -v jq >/dev/null || missing_all "jq is there" "jq"

# fails STATUS NAME REGEX COMMAND...: exits so, and says so on standard error.
fails() {
	local status=$1 name=$2 regex=$3 out rc
	shift 3
	out=$("$@" 2>&1 >/dev/null </dev/null)
	rc=$?
	is "$name: exit status" "$rc" "$status"
	like "$name: what it says" "$out" "$regex"
}

# json ARGUMENT...: what a command prints with --json, checked; kept in $TEST_TMP/json.
json() {
	program "$@" --json >"$TEST_TMP/json" 2>"$TEST_TMP/stderr" </dev/null
	is "${*:1:3}: exit status" "$?" 0 || diag "$(cat "$TEST_TMP/stderr")"
	ok "${*:1:3}: prints JSON" jq -e . "$TEST_TMP/json"
}

field() {
	jq -r "$1" "$TEST_TMP/json"
}

# shellcheck disable=SC2317 # called by wait_until
answers() {
	[ "$(token_of "$2" "$3")" = "$1" ]
}

# shellcheck disable=SC2317 # called by wait_until
is_unknown() {
	token_of "$1" "$2" >/dev/null
	in_log "unknown client $1"
}

up "the stack is up" --server lighttpd --processes 2 --set clients.cache=2s \
	--set clients.cache-stale=2s

# ---- help ------------------------------------------------------------------

like "--version" "$("$PROGRAM" --version)" '^tallystick [0-9]+\.[0-9]+'
"$PROGRAM" --help >"$TEST_TMP/help"
is "--help: exit status" "$?" 0
mapfile -t commands < <(sed -n '/^commands:/,/^$/s/^  \([a-z-]*\( [a-z-]\{1,\}\)*\)  .*/\1/p' "$TEST_TMP/help")
ok "--help lists the commands (${#commands[@]})" [ "${#commands[@]}" -ge 15 ]
for command in "${commands[@]}"; do
	# shellcheck disable=SC2086 # a word each
	out=$("$PROGRAM" $command --help 2>&1)
	is "$command --help: exit status" "$?" 0
	like "$command --help: says how" "$out" "^usage: tallystick $command .*options:"
	# shellcheck disable=SC2086
	fails 2 "$command --nonsense" "nonsense.*usage: tallystick $command" "$PROGRAM" $command --nonsense
done
fails 2 "an unknown command" 'there is no command "cleint add".*tallystick --help' "$PROGRAM" cleint add
fails 2 "a word too few" 'there is no command "client"' "$PROGRAM" client
fails 2 "an argument too few" 'CLIENT_ID is missing.*usage' "$PROGRAM" client show
fails 2 "an argument too many" '"b" is one argument too many' "$PROGRAM" client show a b
"$PROGRAM" >"$TEST_TMP/out" 2>&1 </dev/null
is "no command: exit status" "$?" 2
fails 2 "serve without a socket" 'not a listening socket.*spawn-fcgi' program serve
fails 1 "output that cannot be written" 'could not be written' \
	sh -c "'$PROGRAM' --config '$TALLYSTICK_CONF' client list >/dev/full"

# ---- clients ---------------------------------------------------------------

json client add --id robot --name "Röbot 1" --grant client_credentials --scope 'read write' \
	--scope 'device_*' --default-scope read --lifetime 10m --audience https://api.example
is "client add: its id" "$(field .client_id)" robot
like "client add: a secret of 256 bits" "$(field .client_secret)" '^[A-Za-z0-9_-]{43}$'
one=$(field .client_secret)
one_id=$(field .secret_id)
is "it gets a token" "$(token_of robot "$one")" 200
is "of its own life" "$(body .expires_in)" 600
claims=$(body .access_token | cut -d. -f2 | tr -- '-_' '+/' | base64 -d 2>/dev/null)
like "for its own audience" "$claims" '"aud":"https://api.example"'
json client show robot
is "client show" "$(field '"\(.name)|\(.grants[0])|\(.scopes | join(" "))|\(.access_lifetime)"')" \
	"Röbot 1|client_credentials|read write device_*|600"
unlike "client show tells no secret" "$(cat "$TEST_TMP/json")" "$one"
unlike "nor does it to people" "$(program client show robot)" "$one"
json client list
is "client list" "$(field 'map(.client_id) | sort | join(" ")')" "demo robot"
like "client list for people" "$(program client list | head -n 1)" '^client id +'
json client add --grant client_credentials --scope read
like "an id is made up" "$(field .client_id)" '^[0-9a-f]{20}$'
made_up=$(field .client_id)

json org add acme --name Äcme
is "org add" "$(field '"\(.organisation)|\(.name)|\(.disabled_at)"')" "acme|Äcme|null"
fails 1 "an organisation that exists" 'there is an organisation acme already' program org add acme
fails 2 "an organisation with a blank" 'expected at most 64 letters' program org add 'a b'
fails 2 "one without a name" 'expected at least one character' program org add ''
json client add --id member --grant client_credentials --scope read --org acme
member=$(field .client_secret)
json user add --machine --org acme machine
json user show machine
is "a user's organisation" "$(field .organisation)" acme
json client show member
is "a client's organisation" "$(field '"\(.organisation)|\(.organisation_disabled_at)"')" "acme|null"
json client list
is "and of those that name none" "$(field '.[] | select(.client_id == "robot").organisation')" default
fails 1 "a client of no organisation" 'there is no organisation nowhere.*org list' \
	program client add --grant client_credentials --org nowhere
fails 1 "a machine of no organisation" 'there is no organisation nowhere.*org list' \
	program user add --machine --org nowhere lost
fails 1 "an organisation that is not empty" 'still has clients or users' program org remove acme
fails 1 "the default organisation" 'cannot be removed' program org remove default
is "a member gets a token" "$(token_of member "$member")" 200
json org disable acme
is "in force within clients.cache or users.cache" "$(field .in_force_within)" 10
ok "a member of a disabled organisation is refused" wait_until 20 answers 401 member "$member"
is "others are not" "$(token_of robot "$one")" 200
json client show member
like "the client says why" "$(field .organisation_disabled_at)" '^20..-'
json org enable acme
ok "it is accepted again" wait_until 20 answers 200 member "$member"
json client set member --name Member --scope 'read write' --lifetime 5m --introspect
is "client set: in force within clients.cache" "$(field .in_force_within)" 2
changed='"\(.name)|\(.scopes | join(" "))|\(.access_lifetime)|\(.introspects)|\(.organisation)"'
json client show member
is "client set: what is given changes, and nothing else" "$(field "$changed")" \
	"Member|read write|300|yes|acme"
json client set member --lifetime default --no-introspect --org default
json client show member
is "client set: back to what is configured" "$(field "$changed")" "Member|read write|0|no|default"
fails 2 "client set: nothing" 'nothing is to be changed' program client set member
fails 2 "client set: both" 'one of the two' program client set member --introspect --no-introspect
fails 2 "client set: a default scope beyond the scopes" '"more" is not among' \
	program client set member --default-scope more
fails 2 "client set: an unknown grant" 'is unknown' program client set member --grant telepathy
fails 1 "client set: no organisation" 'there is no organisation nowhere' \
	program client set member --org nowhere
fails 1 "client set: no client" 'there is no client nobody' program client set nobody --name x
json client remove member

issuer=https://issuer.example
made=$(jose jwk gen -i '{"keys":[{"alg":"ES256","kid":"a"},{"alg":"ES256","kid":"b"}]}' -o- |
	jose jwk pub -i- -s -o- | tee "$TEST_TMP/issuer.jwks")
isnt "an issuer has keys" "$made" ""
listed='.[] | "\(.audience)|\(.subject)"'
json issuer add "$issuer" --jwks "$TEST_TMP/issuer.jwks" --audience us --subject login
json issuer set "$issuer" --jwks "$TEST_TMP/issuer.jwks"
is "issuer set: in force within clients.cache" "$(field '"\(.result) \(.in_force_within)"')" \
	"changed 2"
json issuer list
is "issuer set: what is given changes, and nothing else" "$(field "$listed")" "us|login"
json issuer set "$issuer" --audience '' --subject user
json issuer list
is "issuer set: an audience and a mapping" "$(field "$listed")" "|user"
fails 2 "issuer set: nothing" 'nothing is to be changed' program issuer set "$issuer"
fails 2 "issuer set: an unknown mapping" 'as-is' program issuer set "$issuer" --subject guess
fails 2 "issuer set: no key set" 'key set' program issuer set "$issuer" --jwks "$TALLYSTICK_CONF"
fails 1 "issuer set: no issuer" 'there is no issuer nobody' program issuer set nobody --subject user
json issuer remove "$issuer"
json user remove machine
json org remove acme
json org list
is "org list" "$(field 'map(.organisation) | join(" ")')" default
for verb in show disable enable remove; do
	fails 1 "$verb of no organisation" 'there is no organisation acme.*org list' program org "$verb" acme
done

# ---- another wrap key ------------------------------------------------------

# with_keys NEW OLD: a configuration with these wrap keys.
with_keys() {
	sed "s|^wrap-key-file.*|wrap-key-file = $1\nprevious-wrap-key-file = $2|" "$TALLYSTICK_CONF" \
		>"$TEST_TMP/wrap.conf"
	chmod 600 "$TEST_TMP/wrap.conf"
}

rewrap() {
	"$PROGRAM" --config "$TEST_TMP/wrap.conf" rewrap --json 2>"$TEST_TMP/stderr" |
		jq -r '"\(.keys) \(.secrets) \(.sealed_before) \(.unopened)"'
}

old_key=$(sed -n 's/^wrap-key-file *= *//p' "$TALLYSTICK_CONF")
openssl rand -out "$TEST_TMP/new.key" 32 && chmod 600 "$TEST_TMP/new.key"
json client add --id signing --grant client_credentials --for-jwt
sealed=$(program key list --json | jq 'map(select(.uri == "")) | length')
json rewrap
is "rewrap: all is sealed with the present key" "$(field '"\(.keys) \(.sealed_before)"')" \
	"0 $((sealed + 1))"
with_keys "$TEST_TMP/new.key" "$old_key"
is "rewrap: all is sealed anew" "$(rewrap)" "$sealed 1 0 0"
is "rewrap: and once" "$(rewrap)" "0 0 $((sealed + 1)) 0"
fails 1 "rewrap: what no key opens" 'opens neither with keys.wrap-key-file nor' program rewrap
with_keys "$old_key" "$TEST_TMP/new.key"
is "rewrap: back again" "$(rewrap)" "$sealed 1 0 0"
json client remove signing

# ---- and again clients -----------------------------------------------------

fails 1 "a client that exists" 'there is a client robot already' \
	program client add --id robot --grant client_credentials
fails 2 "an id with a colon" 'expected at most 64 letters' \
	program client add --id a:b --grant client_credentials
fails 2 "an unknown grant" 'grant "telepathy" is unknown' program client add --id x --grant telepathy
fails 2 "a malformed scope" 'expected words with one blank' \
	program client add --id x --grant client_credentials --scope 'a"b'
fails 2 "a default scope beyond the scopes" '"write" is not among' \
	program client add --id x --grant client_credentials --scope read --default-scope write
fails 2 "a malformed time" 'expected a time such as 30s' \
	program client add --id x --grant client_credentials --lifetime soon
for verb in show disable enable remove; do
	fails 1 "$verb of no client" 'there is no client nobody.*client list' program client "$verb" nobody
done

# ---- several secrets -------------------------------------------------------

json client secret add robot
two=$(field .client_secret)
two_id=$(field .secret_id)
isnt "another secret" "$two" "$one"
ok "the new secret is in force soon" wait_until 20 answers 200 robot "$two"
is "the old one still is" "$(token_of robot "$one")" 200
json client secret add robot --expires 4s
three=$(field .client_secret)
like "it says when it ends" "$(field .expires_at)" '^20..-..-..T..:..:..Z$'
ok "a secret that ends works" wait_until 4 answers 200 robot "$three"
ok "until it ends" wait_until 20 answers 401 robot "$three"
is "the others work on" "$(token_of robot "$one") $(token_of robot "$two")" "200 200"
json client show robot
like "client show lists the secrets" "$(field '.secrets | join(" ")')" "$one_id.*"
json client secret remove robot "$one_id"
ok "a secret that is removed works no more" wait_until 20 answers 401 robot "$one"
is "the other one does" "$(token_of robot "$two")" 200
fails 1 "a secret that is not there" "client robot has no secret $one_id" \
	program client secret remove robot "$one_id"
fails 1 "a secret of no client" 'there is no client nobody' program client secret add nobody
for _ in 1 2 3 4 5 6 7; do
	program client secret add "$made_up" --json >/dev/null
done
fails 1 "a ninth live secret" 'has 8 live secrets already' program client secret add "$made_up"
isnt "secrets have ids of their own" "$one_id" "$two_id"

# ---- disable, enable, remove -----------------------------------------------

json client disable robot
is "it says how soon it is in force" "$(field .in_force_within)" 2
ok "a disabled client is refused" wait_until 20 answers 401 robot "$two"
is "as if it did not exist" "$(body .error)" invalid_client
ok "the log knows better" in_log 'disabled client robot'
json client enable robot
ok "an enabled one is accepted again" wait_until 20 answers 200 robot "$two"
json client remove robot
ok "a removed one is refused" wait_until 20 answers 401 robot "$two"
ok "it is unknown" wait_until 20 is_unknown robot "$two"
json client list
is "client list has it no more" "$(field 'map(.client_id) | index("robot")')" null
json client add --id robot --grant client_credentials --scope read
ok "its name can be used again" wait_until 20 answers 200 robot "$(field .client_secret)"
is "its old secret cannot" "$(token_of robot "$two")" 401
is "no secret in any log" \
	"$(grep -RFl -e "$one" -e "$two" -e "$three" "$STACK/log")" ""
is "no secret in the database" \
	"$(grep -RFl -e "$one" -e "$two" -e "$three" "$STACK"/database-*)" ""
unlike "nobody sees a secret on a command line" \
	"$(tr '\0' ' ' </proc/"$(stack pids pool | head -n 1)"/cmdline)" "$DEMO_CLIENT_SECRET"

# ---- init-db ---------------------------------------------------------------

stack sql "CREATE DATABASE fresh CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
stack sql "GRANT ALL ON fresh.* TO tallystick@localhost"
fresh=$TEST_TMP/fresh.conf
sed 's/^name = .*/name = fresh/' "$TALLYSTICK_CONF" >"$fresh"
at_fresh() {
	"$PROGRAM" --config "$fresh" "$@"
}
fails 1 "a command before init-db" 'the tables are not there: run "tallystick init-db"' \
	at_fresh client list
pids=()
for i in 1 2 3 4 5 6; do
	at_fresh init-db >"$TEST_TMP/init.$i" 2>&1 </dev/null &
	pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
	wait "$pid" || failed=$((failed + 1))
done
is "init-db six times at once: none fails" "$failed" 0 || diag "$(cat "$TEST_TMP"/init.*)"
is "one creates the tables" "$(cat "$TEST_TMP"/init.* | grep -c 'the tables were created')" 1
is "the others find them" "$(cat "$TEST_TMP"/init.* | grep -c 'the tables are there')" 5
at_fresh init-db --json >"$TEST_TMP/json"
is "init-db again changes nothing" "$(field '.version_before == .version')" true
is "the tables can be used" "$(at_fresh client list)" \
	'there are no clients; see "tallystick client add"'
stack sql "INSERT INTO fresh.schema_version (version, applied_at) VALUES (999, 0)"
fails 1 "tables of a later version" 'version 999, this program knows .*use a newer tallystick' \
	at_fresh client list

# ---- configuration ---------------------------------------------------------

is "check-config: a right one" "$(program check-config 2>/dev/null)" "$TALLYSTICK_CONF is correct"
lines=$(wc -l <"$TALLYSTICK_CONF")
# mistake NAME LINES REGEX: lines put behind a right configuration.
mistake() {
	local file=$TEST_TMP/mistake.conf
	{
		cat "$TALLYSTICK_CONF"
		printf '%b\n' "$2"
	} >"$file"
	fails 1 "check-config: $1" "error: $file:$3" "$PROGRAM" --config "$file" check-config
}
second=$((lines + 2))
mistake "an unknown section" "[sevrer]\nthreads = 1" "$((lines + 1)): section .sevrer. is unknown; did you mean .server."
mistake "an unknown directive" "[tokens]\nlife-time = 1h" "$second: tokens.life-time: unknown directive"
mistake "no duration" "[tokens]\naccess-lifetime = soon" \
	"$second: tokens.access-lifetime: expected a duration from 1s to 30d .*found \"soon\""
mistake "no number" "[database]\nconnections = many" "$second: database.connections: expected a .*found \"many\""
mistake "too large a number" "[database]\nconnections = 100000" "$second: database.connections: expected .*256"
mistake "a relative path" "[database]\ntls-ca-file = ca.pem" "$second: database.tls-ca-file: expected .*found \"ca.pem\""
mistake "none of the words" "[log]\nformat = xml" "$second: log.format: expected .*text.*json.*found \"xml\""
mistake "an unknown algorithm" "[tokens]\nalgorithm = HS256" "$second: tokens.algorithm: .*HS256.* ES256"
mistake "a directive twice" "[log]\nlevel = warn" "$second: log.level: given twice, first in line"
mistake "no value" "[tokens]\naudience" "$second: .*expected"
sed 's|^issuer = .*|issuer = ftp://example|' "$TALLYSTICK_CONF" >"$TEST_TMP/issuer.conf"
fails 1 "check-config: an issuer that is no URL" "issuer.conf:[0-9]+: server.issuer: .*expected.*http" \
	"$PROGRAM" --config "$TEST_TMP/issuer.conf" check-config
sed '/^issuer = /d' "$TALLYSTICK_CONF" >"$TEST_TMP/issuer.conf"
fails 1 "check-config: no issuer" "issuer.conf: server.issuer: must be given" \
	"$PROGRAM" --config "$TEST_TMP/issuer.conf" check-config
fails 1 "check-config: no file" "/nowhere/x.conf.*No such file" \
	"$PROGRAM" --config /nowhere/x.conf check-config
TALLYSTICK_CONF=$TEST_TMP/issuer.conf fails 1 "TALLYSTICK_CONF names it, too" "issuer.conf" \
	env TALLYSTICK_CONF="$TEST_TMP/issuer.conf" "$PROGRAM" check-config
is "several mistakes are told at once" \
	"$(printf '[server]\nissuer = x\nthreads = y\n[nothing]\n' >"$TEST_TMP/many.conf"
		"$PROGRAM" --config "$TEST_TMP/many.conf" check-config 2>&1 | grep -c 'many.conf:[234]: ')" 3
no_reports
done_testing
