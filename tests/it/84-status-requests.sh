#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Requests for status lists against a real Redis: references by many at once, updates
# that race, batches, access tokens instead of keys; through a Redis and processes that
# are killed no index is handed out twice and no update that was answered is lost.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

command -v jq >/dev/null || missing_all "jq is there" "jq"

# ask METHOD PATH [CURL ARGUMENT...]: with the key of the pool; prints the status.
ask() {
	local method=$1 path=$2
	shift 2
	printf 'header = "X-Api-Key: %s"\n' "$KEY" | fetch "$path" --config - -X "$method" "$@"
}

# new [AMOUNT]: prints the status; the references are added to $TEST_TMP/all.
new() {
	local status
	status=$(ask POST "/pools/cards/new-references?amount=${1:-1}" -d '')
	[ "$status" != 200 ] || body '.references[] | "\(.uri) \(.index)"' >>"$TEST_TMP/all"
	echo "$status"
}

# one: a new reference, as URI and INDEX.
one() {
	new >"$TEST_TMP/status"
	read -r URI INDEX < <(tail -n 1 "$TEST_TMP/all")
}

# update URI INDEX VALUE: prints the status.
update() {
	ask PATCH /status-lists/update -H 'Content-Type: application/json' \
		-d "{\"uri\":\"$1\",\"index\":$2,\"value\":$3}"
}

# value URI INDEX: as it is now.
value() {
	ask GET "/status-lists/${1##*/}/$2" >"$TEST_TMP/status"
	body .value
}

twice() {
	sort "$TEST_TMP/all" | uniq -d | head -n 5
}

# parallel FILE: how many of the curl configurations in it, with "next" between, were
# answered with each status.
parallel() {
	local ca=()
	[ -z "${TALLYSTICK_CA_FILE:-}" ] || ca=(--cacert "$TALLYSTICK_CA_FILE")
	curl -sS --no-progress-meter --parallel --parallel-immediate --parallel-max 64 \
		"${ca[@]}" -K "$1" | grep -Eo '[0-9]{3}$' | sort | uniq -c | awk '{ print $2 ": " $1 }' |
		paste -sd' '
}

# request METHOD PATH OUT [BODY]: one configuration of parallel.
request() {
	printf 'url = "%s%s"\nrequest = "%s"\nheader = "X-Api-Key: %s"\n' "$TALLYSTICK_URL" "$2" "$1" \
		"$KEY"
	printf 'data = "%s"\nheader = "Content-Type: application/json"\n' "${4//\"/\\\"}"
	printf 'output = "%s"\nwrite-out = "%%{http_code}\\n"\nnext\n' "$3"
}

up "the stack is up" --server lighttpd --processes 2 --set keys.refresh=1s --set tokens.status=on

program pool add cards --set size=20000 --set bits=2 --set final-status=3 --set 'publish = immediate' \
	--set clients=wallet --set aggregation-id=cards --set prefetch-capacity=2000 \
	--set prefetch-threshold=200 --set prefetch-timeout=60s --set max-amount=1000 \
	--json >"$TEST_TMP/json"
KEY=$(jq -r .api_key "$TEST_TMP/json")
: >"$TEST_TMP/all"
# shellcheck disable=SC2317 # called by wait_until
is_new() {
	[ "$(new "$@")" = 200 ]
}
ok "the pool gives references soon" wait_until 20 is_new
# One process has found the pool by itself; from here on all know it.
ok "they start anew" stack restart pool

# ---- references ---------------------------------------------------------------

many_at_once() {
	local i
	mkdir -p "$TEST_TMP/answers"
	for i in $(seq 200); do
		request POST "/pools/cards/new-references?amount=50" "$TEST_TMP/answers/$i" ""
	done | sed '$d' >"$TEST_TMP/requests"
	is "200 requests at once for 50 each" "$(parallel "$TEST_TMP/requests")" "200: 200"
	cat "$TEST_TMP"/answers/* | jq -r '.references[] | "\(.uri) \(.index)"' >>"$TEST_TMP/all"
	is "each has its references" "$(grep -c . "$TEST_TMP/all")" 10001
	is "and none of another's" "$(twice)" ""
}
many_at_once

is "what the answer says of caching" "$(new 3) $(header cache-control)" "200 no-store"
is "amount 0" "$(new 0) $(body .code)" "400 BAD_REQUEST"
is "more than max-amount" "$(new 1001) $(body .code)" "400 BAD_REQUEST"
is "all at once, over two lists" "$(for _ in $(seq 15); do new 1000; done | sort | uniq -c | xargs)" "15 200"
isnt "there are two lists" "$(cut -d' ' -f1 "$TEST_TMP/all" | sort -u | wc -l)" 1
is "still none twice" "$(twice)" ""

# ---- updates ------------------------------------------------------------------

one
is "an entry is 0 at first" "$(value "$URI" "$INDEX")" 0
is "set" "$(update "$URI" "$INDEX" 2)" 204
is "nothing is in the answer" "$(wc -c <"$TEST_TMP/body")" 0
is "read back" "$(value "$URI" "$INDEX")" 2
is "a value that does not fit" "$(update "$URI" "$INDEX" 4) $(body .code)" "400 VALUE_OUT_OF_RANGE"
is "an index that there is not" "$(update "$URI" 20000 1) $(body .code)" "400 INDEX_OUT_OF_BOUNDS"
is "a list that there is not" "$(update "${URI%-*}-000000000000" 1 1) $(body .code)" \
	"404 NO_SUCH_LIST"

# Of two that race for an entry one makes it final, and the other never undoes that.
they_race() {
	local i v
	for i in $(seq 0 99); do
		for v in 0 1 3 2; do
			request PATCH /status-lists/update /dev/null \
				"{\"uri\":\"$URI\",\"index\":$i,\"value\":$v}"
		done
	done | sed '$d' >"$TEST_TMP/requests"
	like "400 updates of 100 entries race" "$(parallel "$TEST_TMP/requests")" '^204: [0-9]+( 403: [0-9]+)?$'
	for i in $(seq 0 99); do
		value "$URI" "$i"
	done | sort | uniq -c >"$TEST_TMP/values"
	is "all are final in the end" "$(xargs <"$TEST_TMP/values")" "100 3"
}
they_race

a_batch() {
	local other
	other=$(cut -d' ' -f1 "$TEST_TMP/all" | sort -u | grep -vFx "$URI" | head -n 1)
	jq -nc --arg a "$URI" --arg b "$other" '{value: 1, statusListReferences:
		[range(10000) | {uri: (if . % 2 == 0 then $a else $b end), index: (. + 5000)}]}' \
		>"$TEST_TMP/batch"
	is "a batch of 10000 over two lists" \
		"$(ask PATCH /status-lists/batch-update -H 'Content-Type: application/json' \
			--data-binary "@$TEST_TMP/batch")" 204
	is "each is set" "$(value "$URI" 5000) $(value "$URI" 5001) $(value "$other" 5001) $(value "$other" 14999)" \
		"1 0 1 1"
	jq -c '.statusListReferences += [.statusListReferences[0]]' "$TEST_TMP/batch" >"$TEST_TMP/more"
	is "one more is too many" \
		"$(ask PATCH /status-lists/batch-update --data-binary "@$TEST_TMP/more" -H 'Content-Type:') $(body .code)" \
		"400 BAD_REQUEST"
	jq -nc --arg a "$URI" '{value: 2, statusListReferences: [{uri: $a, index: 6000}, {uri: $a, index: 7}]}' \
		>"$TEST_TMP/batch"
	is "one of a batch is final" \
		"$(ask PATCH /status-lists/batch-update --data-binary "@$TEST_TMP/batch" -H 'Content-Type: application/json') $(body .code)" \
		"403 FORBIDDEN"
	is "then none is set" "$(value "$URI" 6000)" 1
}
a_batch

# ---- who may ------------------------------------------------------------------

is "no key" "$(fetch /pools/cards/new-references -X POST -d '') $(body .code)" "401 UNAUTHORIZED"
cp "$TEST_TMP/body" "$TEST_TMP/no-key"
is "a wrong key" "$(fetch /pools/cards/new-references -X POST -d '' -H 'X-Api-Key: x')" 401
ok "the answer is the same" cmp "$TEST_TMP/body" "$TEST_TMP/no-key"
is "an unknown pool" "$(ask POST /pools/nothing/new-references -d '')" 401
ok "the answer is the same" cmp "$TEST_TMP/body" "$TEST_TMP/no-key"
is "another's list" "$(update "${TALLYSTICK_ISSUER}/status-lists/nothing-0123456789ab" 1 1)" 401
ok "the answer is the same" cmp "$TEST_TMP/body" "$TEST_TMP/no-key"

by_token() {
	local secret token
	secret=$(program client add --id wallet --grant client_credentials --scope "status:issue other" --json | jq -r .client_secret)
	token_of wallet "$secret" -d scope=status:issue >"$TEST_TMP/status"
	token=$(body .access_token)
	is "an access token is as good as a key" \
		"$(fetch /pools/cards/new-references -X POST -d '' -H "Authorization: Bearer $token")" 200
	is "for what its scope says" \
		"$(fetch "/status-lists/${URI##*/}/1" -H "Authorization: Bearer $token")" 200
	is "and not for more" \
		"$(fetch /status-lists/update -X PATCH -H "Authorization: Bearer $token" \
			-d "{\"uri\":\"$URI\",\"index\":1,\"value\":1}") $(body .code)" "403 INSUFFICIENT_SCOPE"
	is "it is revoked" "$(printf 'user = "wallet:%s"\n' "$secret" |
		fetch /oauth2/revoke --config - -d "token=$token")" 200
	is "and good for nothing" \
		"$(fetch /pools/cards/new-references -X POST -d '' -H "Authorization: Bearer $token")" 401
}
by_token

# ---- lists --------------------------------------------------------------------

# list [CURL ARGUMENT...]: prints the status.
list() {
	fetch "/status-lists/${URI##*/}" "$@"
}

is "a list" "$(list) $(header content-type)" "200 application/statuslist+jwt"
etag=$(header etag)
is "is not sent again" "$(list -H "If-None-Match: $etag")" 304
is "until it has changed" "$(update "$URI" 19999 1)" 204
# shellcheck disable=SC2317 # called by wait_until
has_changed() {
	[ "$(list -H "If-None-Match: $etag")" = 200 ]
}
ok "which is seen within a second or two" wait_until 3 has_changed
is "as CWT" "$(list -H 'Accept: application/statuslist+cwt') $(header content-type)" \
	"200 application/statuslist+cwt"
is "as nothing else" "$(list -H 'Accept: text/html') $(body .code)" "406 NOT_ACCEPTABLE"
is "as it was: not kept" "$(fetch "/status-lists/${URI##*/}?time=1") $(body .code)" "501 NOT_IMPLEMENTED"
is "the aggregation" "$(fetch /aggregation/cards)" 200
is "has the list" "$(body ".status_lists | index(\"$URI\") != null")" true
is "no aggregation" "$(fetch /aggregation/nothing) $(body .code)" "404 NOT_FOUND"

# ---- our own tokens -----------------------------------------------------------

token -d scope=read >"$TEST_TMP/status"
jq -Rr 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson
	| .status.status_list | "\(.uri) \(.idx)"' < <(body .access_token) >"$TEST_TMP/own"
like "a token has an entry of the pool of our own" "$(cat "$TEST_TMP/own")" \
	"^$TALLYSTICK_ISSUER/status-lists/tokens-[0-9a-f]{12} [0-9]+$"
is "whose list is published" "$(read -r uri _ <"$TEST_TMP/own"; fetch "/status-lists/${uri##*/}")" 200

# ---- faults -------------------------------------------------------------------

# shellcheck disable=SC2317 # called by wait_until
has_values() {
	[ "$(value "$URI" 15000) $(value "$URI" 15001)" = "$*" ]
}

# Whatever was answered is kept: killed at any time, Redis has written it to disk.
redis_is_killed() {
	local i status last
	is "an update just before" "$(update "$URI" 15000 3)" 204
	stack kill redis >"$TEST_TMP/kill" 2>&1
	is "without Redis lists go on" "$(list)" 200
	for i in $(seq 20); do
		status=$(new 1000)
		[ "$status" = 200 ] || break
	done
	last="$status $(body .code)"
	is "references until none are left" "$last" "503 SERVICE_UNAVAILABLE"
	isnt "when to come back" "$(header retry-after)" ""
	is "no update is taken" "$(update "$URI" 15001 1) $(body .code)" "503 SERVICE_UNAVAILABLE"
	is "a wrong key is wrong all the same" \
		"$(fetch /pools/cards/new-references -X POST -d '' -H 'X-Api-Key: x')" 401
	stack start redis >>"$TEST_TMP/kill" 2>&1
	ok "references are there again by themselves" wait_until 20 is_new 1000
	# Each process finds out for itself.
	ok "nothing was lost" wait_until 20 has_values 3 0
	is "nothing was handed out twice" "$(twice)" ""
}
redis_is_killed

# What processes held is lost when they are killed, and given back when they stop.
processes_end() {
	stack kill pool >"$TEST_TMP/kill" 2>&1
	stack start pool >>"$TEST_TMP/kill" 2>&1
	ok "references after all processes were killed" wait_until 20 is_new 1000
	stack restart pool >>"$TEST_TMP/kill" 2>&1
	ok "references after a restart" wait_until 20 is_new 1000
	is "none is handed out twice" "$(twice)" ""
	stack stop pool >>"$TEST_TMP/kill" 2>&1
	is "what was not handed out has been given back" \
		"$(stack redis HGET 'tally:{cards}:pool' returned | tr -d '"' | awk '{ print ($1 > 0) }')" 1
	stack start pool >>"$TEST_TMP/kill" 2>&1
	ok "and is handed out first" wait_until 20 is_new 1000
	is "once" "$(twice)" ""
}
processes_end

# ---- configuration ------------------------------------------------------------

{
	cat "$TALLYSTICK_CONF"
	printf '\n[pool.tokens]\nsize = 800\n'
} >"$TEST_TMP/other.conf"
"$PROGRAM" --config "$TEST_TMP/other.conf" check-config >"$TEST_TMP/out" 2>&1
is "another size is refused" $? 1
like "by name and with what to do" "$(cat "$TEST_TMP/out")" \
	'other.conf:[0-9]+: pool.tokens.size: .*1000000 entries.*set them back'

no_reports
done_testing
