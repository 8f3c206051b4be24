#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The database is away, with MariaDB and with MySQL: at the start, later, frozen,
# back again. No outage is ever told as the client's mistake.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

STALE=12

# try_up KIND: where it cannot be had (no server, no network to fetch one),
# elsewhere than in CI, that is a skip.
try_up() {
	stack up --program "$PROGRAM" --db "$1" --server lighttpd --processes 1 --threads 4 \
		--set clients.cache=1s --set clients.cache-stale="${STALE}s" \
		--set keys.refresh=1s --set database.connect-timeout=1s \
		--set database.timeout=1s --set log.level=info \
		>"$TEST_TMP/up.log" 2>&1 || {
		missing "$1" "$(tail -n 1 "$TEST_TMP/up.log")"
		return 1
	}
	eval "$(stack env)"
	at_exit_down
	is "$1: is what runs" "$TALLYSTICK_DB_KIND" "$1"
}

# shellcheck disable=SC2317 # called by wait_until
token_is() {
	[ "$(token)" = "$1" ]
}

# recovers NAME: a client that was refused is looked up again after a second.
recovers() {
	ok "$1: ready by itself" wait_until 30 ready_is 200
	ok "$1: a token then" wait_until 10 token_is 200
}

# refused_503 NAME: what the last answer must be during an outage.
refused_503() {
	is "$1: temporarily_unavailable" "$(body .error)" temporarily_unavailable
	like "$1: Retry-After" "$(header Retry-After)" '^[1-9][0-9]*$'
	is "$1: not to be cached" "$(header Cache-Control)" no-store
	is "$1: no challenge" "$(header WWW-Authenticate)" ""
	ok "$1: the log has the request" in_log " $(body .request_id) .* refused, 503 "
}

new_client() {
	program client add --id "$1" --grant client_credentials --scope read \
		--default-scope read --json >"$TEST_TMP/$1.json" 2>&1
	jq -r .client_secret "$TEST_TMP/$1.json"
}

# Started while there is no database.
down_at_start() {
	local name="$1, down at the start" pids
	stack stop database >/dev/null
	stack restart pool >/dev/null
	ok "$name: the service runs" wait_until 20 ready_is 503
	pids=$(stack pids pool)
	like "$name: not ready: says to wait" "$(header Retry-After)" '^[1-9][0-9]*$'
	is "$name: not ready: says why" "$(body '"\(.status), \(.database)"')" "not ready, down"
	is "$name: live" "$(fetch /health/live)" 200
	is "$name: metadata" "$(fetch /.well-known/oauth-authorization-server)" 200
	is "$name: no key set yet" "$(fetch /oauth2/jwks)" 503
	is "$name: a right client" "$(token)" 503
	refused_503 "$name: a right client"
	is "$name: a wrong client" "$(token_of nobody secret)" 503
	refused_503 "$name: a wrong client"
	is "$name: a wrong method is one all the same" "$(fetch /oauth2/token)" 405
	ok "$name: the log tells the operator once what is wrong" \
		in_log "error .*database cannot be .*$TALLYSTICK_DB_SOCKET"
	is "$name: once, not at every attempt" \
		"$(grep -c "error tallystick.$pids. .*database cannot be" "$TALLYSTICK_LOG")" 1
	program client list >"$TEST_TMP/out" 2>&1
	is "$name: exit status of the command line" "$?" 3
	ok "$name: and its message" grep -q "database cannot be" "$TEST_TMP/out"
	stack start database >/dev/null
	recovers "$name, back again"
	is "$name: by the same process" "$(stack pids pool)" "$pids"
	ok "$name: the log tells the end" in_log 'notice .*the database can be used again, after [0-9]+ s'
}

# Goes away, in whichever way, and comes back.
down_later() {
	local name="$1, $2 later" cold=cold-$2 secret pids
	shift 2
	secret=$(new_client "$cold")
	pids=$(stack pids pool)
	is "$name: a token before" "$(token)" 200
	"$@" >/dev/null
	sleep 1.5	# longer than clients.cache
	is "$name: a client in memory gets its token" "$(token)" 200
	ok "$name: ready, but says so" wait_until 10 degraded
	is "$name: with another secret it does not" "$(token_of "$DEMO_CLIENT_ID" wrong)" 401
	is "$name: a client that is not in memory" "$(token_of "$cold" "$secret")" 503
	refused_503 "$name: a client that is not in memory"
	is "$name: an unknown client" "$(token_of nobody wrong)" 503
	is "$name: the key set stays" "$(fetch /oauth2/jwks)" 200
	ok "$name: after clients.cache-stale nobody gets one" \
		wait_until $((STALE * 3)) token_is 503
	refused_503 "$name: after clients.cache-stale"
	ok "$name: and it is not ready" wait_until 10 ready_is 503
	stack start database >/dev/null
	recovers "$name, back again"
	is "$name: for the other client, too" "$(token_of "$cold" "$secret")" 200
	is "$name: an unknown client is unknown again" "$(token_of nobody wrong)" 401
	is "$name: nothing has ended" "$(stack pids pool)" "$pids"
}

# shellcheck disable=SC2317 # called by wait_until
degraded() {
	ready_is 200 && [ "$(body '"\(.status), \(.database)"')" = "degraded, down" ]
}

# It goes and comes while clients in memory ask for tokens.
restart_under_load() {
	load_start http "${TALLYSTICK_URL##*:}" 5 4
	stack restart database >/dev/null
	load_end
	isnt "$1: there was a load" "$(load_count 200)" 0
	is "$1: a restart of the database is not noticed by clients in memory" "$(load_bad)" 0
	ok "$1: ready afterwards" wait_until 30 ready_is 200
}

for kind in mariadb mysql; do
	try_up "$kind" || continue
	down_at_start "$kind"
	down_later "$kind" killed stack kill database
	# A server that accepts and does not answer is the nastiest.
	[ "$kind" != mysql ] || down_later "$kind" frozen stack kill database --signal STOP
	! command -v python3 >/dev/null || restart_under_load "$kind"
	is "$kind: no outage was told as the client's mistake" \
		"$(grep 'refused, 401' "$TALLYSTICK_LOG" |
			grep -cvE 'unknown client nobody|wrong or expired secret of client')" 0
	no_reports
	stack down >/dev/null 2>&1
done
done_testing
