#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pools of status lists from the command line to requests: added, listed, shown, set,
# retired; their API keys; whole lists; what is refused; what it prints as JSON.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

command -v jq >/dev/null || missing_all "jq is there" "jq"

# fails STATUS NAME REGEX ARGUMENT...: the command exits so, and says so.
fails() {
	local status=$1 name=$2 regex=$3 out rc
	shift 3
	out=$(program "$@" 2>&1 >/dev/null </dev/null)
	rc=$?
	is "$name: exit status" "$rc" "$status"
	like "$name: what it says" "$out" "$regex"
}

# json ARGUMENT...: what a command prints with --json; kept in $TEST_TMP/json.
json() {
	program "$@" --json >"$TEST_TMP/json" 2>"$TEST_TMP/stderr" </dev/null
	is "${*:1:3}: exit status" "$?" 0 || diag "$(cat "$TEST_TMP/stderr")"
	ok "${*:1:3}: prints JSON" jq -e . "$TEST_TMP/json"
}

field() {
	jq -r "$1" "$TEST_TMP/json"
}

# references POOL KEY [AMOUNT]: prints the status; the key goes by a file.
references() {
	printf 'header = "X-Api-Key: %s"\n' "$2" |
		fetch "/pools/$1/new-references?amount=${3:-1}" --config - -d ''
}

# shellcheck disable=SC2317 # called by wait_until
answers() {
	[ "$(references "$2" "$3")" = "$1" ]
}

# shown POOL FILTER: of pool show.
shown() {
	program pool show "$1" --json | jq -r "$2"
}

up "the stack is up" --server lighttpd --processes 2 --set keys.refresh=1s

# ---- add, list, show -----------------------------------------------------------

sed '/^\[pool\./,$d' "$TALLYSTICK_CONF" >"$TEST_TMP/none.conf"
is "no pool at first" "$("$PROGRAM" --config "$TEST_TMP/none.conf" pool list)" \
	'there are no pools; see "tallystick pool add"'
is "nor as JSON" "$("$PROGRAM" --config "$TEST_TMP/none.conf" pool list --json)" "[]"
json pool add cards --set size=800 --set bits=2 --set final-status=3 --set 'publish = immediate' \
	--set prefetch-capacity=100 --set prefetch-threshold=10 --set max-amount=100
is "pool add: its name" "$(field .pool)" cards
like "a key of 256 bits" "$(field .api_key)" '^tally_pk_[A-Za-z0-9_-]{43}$'
is "how soon it is in force" "$(field .in_force_within)" 1
one=$(field .api_key)
one_id=$(field .key_id)
ok "every process serves it soon" wait_until 20 answers 200 cards "$one"
is "the list is named as the pool is" \
	"$(body '.references[0].uri' | sed -E 's|.*/status-lists/cards-[0-9a-f]{12}$|yes|')" yes
is "a wrong key is refused" "$(references cards "${one%?}")" 401
is "an unknown pool as well" "$(references nobody "$one")" 401
json pool list
is "it is listed" "$(field '.[] | select(.pool == "cards") | "\(.pool) \(.size) \(.bits) \(.keys) \(.state) \(.defined_in)"')" \
	"cards 800 2 1 active database"
like "for people, too" "$(program pool list)" '^pool +size +bits .*cards +800 +2 +1 +active'
json pool show cards
is "it is shown with what was set" \
	"$(field '.definition | "\(.size) \(.bits) \(."final-status") \(.publish) \(.ttl)"')" \
	"800 2 3 immediate 5m"
is "and with what was not" "$(field '.definition.issuer')" null
is "with its keys by their ids" "$(field '.api_keys[0]')" "$one_id"
is "with its lists" "$(field '[.lists[] | .uri == "'"$TALLYSTICK_ISSUER"'/status-lists/" + .list] | all')" \
	true
is "which are not retired" "$(field '[.lists[].retired] | any')" false
ok "references are reserved" [ "$(field .references_reserved)" -ge 1 ]
is "the others are ready" "$(field '(.lists | length) * 800 == .references_reserved + .references_ready')" \
	true
ok "somebody publishes" [ "$(field .publisher.lease_ms)" -gt 0 ]
out=$(program pool show cards)
like "for people: what was set" "$out" 'definition:.*    final-status = 3'
unlike "and what was not set is left out" "$out" 'aggregation-id'
unlike "no digest on the screen" "$out" '[0-9a-f]{64}'
is "no key in the database" "$(grep -RFl -e "$one" "$STACK"/database-*)" ""
is "nor in any log" "$(grep -RFl -e "$one" "$STACK/log")" ""
json pool add bare --no-key
is "a pool without a key" "$(shown bare '.api_keys | length')" 0

fails 1 "a pool that exists" 'there is a pool cards already' pool add cards
fails 2 "a name with a capital" 'expected a name of 1 to 32 of a-z' pool add Cards
fails 2 "several mistakes" 'pool.x.bits: expected 1, 2, 4 or 8.*pool.x.ttl: expected at most half' \
	pool add x --set bits=3 --set ttl=20d
fails 2 "an unknown directive" 'pool.x.bitz: unknown directive; did you mean pool.x.bits' \
	pool add x --set bitz=1
fails 2 "no value" 'expected DIRECTIVE=VALUE' pool add x --set bits
fails 2 "two directives in one" 'expected DIRECTIVE=VALUE in one line' \
	pool add x --set $'ttl=1m\nsize=8'
fails 2 "an unknown algorithm" '"HS256" is none of ES256' pool add x --set algorithm=HS256
fails 2 "keys by the way" 'pool key add' pool add x --set "api-keys=a:b"
for verb in show set retire 'key add' 'set-all'; do
	more=
	[ "$verb" != set ] || more="--set ttl=1m"
	[ "$verb" != set-all ] || more="--value 1"
	# shellcheck disable=SC2086 # a word each
	fails 1 "$verb of no pool" 'there is no pool nobody.*pool list' pool $verb nobody $more
done

# ---- set -----------------------------------------------------------------------

json pool set cards --set ttl=1m --set final-status=
is "directives are set" "$(shown cards '.definition | "\(.ttl) \(."final-status")"')" "1m null"
fails 2 "set: the size stays" '--set size: lists have been published with it' \
	pool set cards --set size=1600
fails 2 "set: so do the bits" '--set bits: lists have been' pool set cards --set bits=1
fails 2 "set: nothing" '--set is missing' pool set cards
fails 2 "set: what makes no sense" 'pool.cards.prefetch-threshold: expected less than' \
	pool set cards --set prefetch-threshold=100
is "none of that has changed anything" "$(shown cards '.definition | "\(.size) \(.bits) \(.ttl)"')" \
	"800 2 1m"

# ---- keys ----------------------------------------------------------------------

json pool key add cards
two=$(field .api_key)
isnt "another key" "$two" "$one"
ok "is in force soon" wait_until 20 answers 200 cards "$two"
is "beside the first" "$(references cards "$one")" 200
json pool key remove cards "$one_id"
ok "which works no more when it is removed" wait_until 20 answers 401 cards "$one"
is "the second does" "$(references cards "$two")" 200
fails 1 "a key that is not there" "pool cards has no key $one_id" pool key remove cards "$one_id"
for _ in 1 2 3 4 5 6 7; do
	program pool key add cards >/dev/null
done
fails 1 "a ninth key" 'has 8 keys: remove one first' pool key add cards

# ---- whole lists ---------------------------------------------------------------

list=$(shown cards '.lists[0].list')
uri=$(shown cards '.lists[0].uri')
lists=$(shown cards '.lists | length')
ok "there is more than one list" [ "$lists" -gt 1 ]
fails 2 "set-all of several lists" "that would set all entries of $lists lists, $((lists * 800)) in all" \
	pool set-all cards --value 1
json pool set-all cards --value 2 --list "$list"
is "one list is set" "$(field '"\(.lists) \(.entries) \(.changed)"')" "1 800 800"
is "it can be read" "$(printf 'header = "X-Api-Key: %s"\n' "$two" |
	fetch "/status-lists/$list/17" --config -) $(body .value)" "200 2"
json pool set-all cards --value 2 --list "$uri"
is "again, by its URI: nothing changes" "$(field .changed)" 0
json pool set-all cards --value 1 --force
is "all lists are set" "$(field '"\(.lists) \(.entries)"')" "$lists $((lists * 800))"
like "without a terminal, progress is lines" "$(cat "$TEST_TMP/stderr")" "100 % of $((lists * 800)) entries"
if command -v script >/dev/null; then
	like "on a terminal it is a bar" \
		"$(script -qec "'$PROGRAM' --config '$TALLYSTICK_CONF' pool set-all cards --value 0 --force" \
			/dev/null </dev/null)" '\[#{40}\] 100 %'
fi
fails 2 "a value that does not fit" '--value 4: expected at most 3' pool set-all cards --value 4
fails 2 "no value" '--value is missing' pool set-all cards
fails 2 "no number" '--value x: expected a status' pool set-all cards --value x
fails 1 "no such list" 'pool cards has no list cards-000000000000' \
	pool set-all cards --value 1 --list cards-000000000000
fails 1 "a list of another pool" 'pool bare has no list' pool set-all bare --value 1 --list "$list"

# ---- retire --------------------------------------------------------------------

json pool retire cards
ok "a retired pool hands out no references" wait_until 20 answers 404 cards "$two"
is "and says why" "$(body .code)" NO_SUCH_POOL
like "it is listed so" "$(program pool list)" 'cards +800 +2 +8 +retired'
is "its lists are there" "$(fetch "/status-lists/$list")" 200
json pool retire cards --undo
ok "it can be taken back" wait_until 20 answers 200 cards "$two"

# ---- pools of the file ---------------------------------------------------------

printf '%s\n' '[pool.filed]' 'size = 80' >>"$TALLYSTICK_CONF"
at=$(grep -n '^\[pool.filed\]' "$TALLYSTICK_CONF" | cut -d: -f1)
json pool key add filed
word=$(field .word)
filed=$(field .api_key)
is "a key for the file is a word" \
	"$(printf '%s' "$filed" | sha256sum | cut -d' ' -f1)" "${word#*:}"
is "and changes nothing" "$(shown filed '.api_keys | length')" 0
printf '%s\n' "api-keys = $word" >>"$TALLYSTICK_CONF"
is "put into the file it is correct" "$(program check-config 2>/dev/null)" \
	"$TALLYSTICK_CONF is correct"
for pid in $(stack pids pool); do
	kill -HUP "$pid"
done
ok "after a reload it is served" wait_until 20 answers 200 filed "$filed"
is "the list says where it is defined" \
	"$(program pool list --json | jq -r '.[] | select(.pool == "filed") | .defined_in')" \
	"$TALLYSTICK_CONF:$at"
fails 1 "it cannot be added" "pool filed is defined in .*:$at already" pool add filed
fails 1 "nor set" "pool filed is defined in .*:$at: change it there" pool set filed --set ttl=1m
fails 1 "nor retired" 'put "retired = on" there' pool retire filed
fails 1 "nor its key removed" 'take the key out of api-keys there' pool key remove filed "${word%%:*}"

# ---- check-config --------------------------------------------------------------

# mistake NAME SED REGEX: the configuration, changed, is refused.
mistake() {
	local out
	sed "$2" "$TALLYSTICK_CONF" >"$TEST_TMP/mistake.conf"
	out=$("$PROGRAM" --config "$TEST_TMP/mistake.conf" check-config 2>&1)
	is "check-config: $1: exit status" "$?" 1
	like "check-config: $1" "$out" "$3"
}
mistake "another size" 's/^size = 80$/size = 160/' \
	'mistake.conf:[0-9]+: pool.filed.size: the lists of this pool were created with 80 entries'
mistake "an unknown algorithm" 's/^size = 80$/&\nalgorithm = none/' \
	'mistake.conf:[0-9]+: pool.filed.algorithm: "none" is none of ES256'
mistake "certificates that are not there" \
	"s|^size = 80\$|&\nkey-uri = file:$TEST_TMP/none.key\ncertificates = /nowhere|" \
	'no private key from .*mistake.conf:[0-9]+: pool.filed.key-uri: it or certificates cannot be'
openssl ecparam -name prime256v1 -genkey -noout -out "$TEST_TMP/lists.key" 2>/dev/null
sed "s|^size = 80\$|&\nkey-uri = file:$TEST_TMP/lists.key|" "$TALLYSTICK_CONF" >"$TEST_TMP/key.conf"
like "check-config: a key of its own" \
	"$("$PROGRAM" --config "$TEST_TMP/key.conf" check-config 2>/dev/null)" 'key.conf is correct'
mistake "no Redis" '/^\[redis\]/,/^\[/{/^\(socket\|host\) = /d}' \
	'pool.filed.*expected redis.host or redis.socket'

# ---- without Redis -------------------------------------------------------------

stack stop redis >/dev/null
out=$(program pool show cards 2>"$TEST_TMP/stderr")
is "show without Redis: exit status" "$?" 3
like "it shows the definition" "$out" 'size = 800'
out=$(program pool show cards --json 2>/dev/null)
is "as JSON, too" "$(jq -r '"\(.definition.size) \(.lists)"' <<<"$out")" "800 null"
fails 3 "set-all without Redis" 'Redis cannot be used' pool set-all cards --value 1 --force
stack start redis >/dev/null

no_reports
done_testing
