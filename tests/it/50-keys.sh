#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The life of signing keys: published, signing, superseded, retired, gone; kept
# wrapped, or in a file of their own; and what is said when one cannot be had.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

for tool in jq jose openssl python3; do
	command -v "$tool" >/dev/null || missing_all "$tool is there" "$tool"
done

# signer: the kid of a new token; the token is kept in $TEST_TMP/token.
signer() {
	[ "$(token)" = 200 ] || { echo "no token"; return; }
	body .access_token | tr -d '\n' >"$TEST_TMP/token"
	cut -d. -f1 "$TEST_TMP/token" | jose b64 dec -i- -O- | jq -r .kid
}

# shellcheck disable=SC2317 # called by wait_until
signs() {
	[ "$(signer)" = "$1" ]
}

# shellcheck disable=SC2317 # called by wait_until and ok
published() {
	fetch /oauth2/jwks >/dev/null
	jq -e --arg kid "$1" '.keys | any(.kid == $kid)' "$TEST_TMP/body" >/dev/null
}

# shellcheck disable=SC2317 # called by wait_until and ok
not_published() {
	! published "$1" && [ "$(fetch /oauth2/jwks)" = 200 ]
}

# state KID
state() {
	program key list --json | jq -r --arg kid "$1" '.[] | select(.kid == $kid) | .state'
}

# add_key OPTION...: its kid; the whole answer in $TEST_TMP/key.
add_key() {
	program key add --json "$@" >"$TEST_TMP/key" && jq -er .kid "$TEST_TMP/key"
}

# shellcheck disable=SC2317 # called by ok and not_ok
verifies() {
	fetch /oauth2/jwks >/dev/null
	jose jws ver -i "$1" -k "$TEST_TMP/body"
}

# shellcheck disable=SC2317 # called by wait_until
verifies_not() {
	! verifies "$1"
}

# fails NAME REGEX COMMAND...: with status 1, and says so.
fails() {
	local name=$1 regex=$2 out rc
	shift 2
	out=$("$@" 2>&1 </dev/null)
	rc=$?
	is "$name: exit status" "$rc" 1
	like "$name: what it says" "$out" "$regex"
}

LIFE=4
up "the stack is up" --server lighttpd --processes 2 --set keys.publish-before=6s --set keys.jwks-max-age=2s \
	--set keys.refresh=1s --set tokens.access-lifetime=${LIFE}s --set tokens.max-lifetime=${LIFE}s

# ---- rotation --------------------------------------------------------------

first=$(signer)
is "the first key signs" "$(state "$first")" signing
cp "$TEST_TMP/token" "$TEST_TMP/old"

load_start http "${TALLYSTICK_URL##*:}" 14 4
second=$(add_key --activate)
like "a key has a thumbprint as its kid" "$second" '^[A-Za-z0-9_-]{43}$'
is "it is published first" "$(state "$second")" published
like "it says from when it signs" "$(jq -r .signs_from "$TEST_TMP/key")" '^20..-..-..T..:..:..Z$'
ok "it is in the key set soon" wait_until 20 published "$second"
is "the old one still signs" "$(signer)" "$first"
ok "the new one signs in time" wait_until 30 signs "$second"
is "the old one is superseded" "$(state "$first")" superseded
is "the new one is in force" "$(state "$second")" signing
ok "tokens of the old one verify" verifies "$TEST_TMP/old"
ok "tokens of the new one, too" verifies "$TEST_TMP/token"
load_end
isnt "there was a load" "$(load_count 200)" 0
is "no request failed during the rotation" "$(load_bad)" 0

ok "the old one is retired" program key retire "$first"
fails "the only one that signs is not" 'no other ES256 key signs.*--force' \
	program key retire "$second"
is "it is" "$(state "$first")" retired
ok "it stays published while its tokens live" published "$first"
ok "and is gone after that" wait_until 60 not_published "$first"
is "key list says so" "$(state "$first")" gone
is "the other one signs on" "$(signer)" "$second"
fails "a retired one stays so" 'is retired, and stays so' program key activate "$first"
fails "also if it is retired again" 'is retired, and stays so' program key retire "$first"
fails "an unknown key is not found" 'there is no key nothing; "tallystick key list"' \
	program key retire nothing

# ---- other algorithms ------------------------------------------------------

for alg in ES384 RS256 PS256 EdDSA; do
	kid=$(add_key --alg "$alg")
	is "$alg: a key that is not activated is published" "$(state "$kid")" published
	ok "$alg: it is in the key set" wait_until 20 published "$kid"
	is "$alg: key list names its algorithm" \
		"$(program key list --json | jq -r --arg kid "$kid" '.[] | select(.kid == $kid).alg')" "$alg"
done
ok "one of them is activated" program key activate "$kid"
is "it is the first of its algorithm, so that it may sign at once" "$(state "$kid")" signing
is "tokens are signed with tokens.algorithm all the same" "$(signer)" "$second"
out=$(program key add --alg HS256 2>&1)
is "an algorithm that is none of ours: exit status" "$?" 2
like "what it says" "$out" 'expected one of .*ES256.*EdDSA'

# ---- a key in a file -------------------------------------------------------

pem=$TEST_TMP/ec.pem
(umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$pem" 2>/dev/null)
(umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$TEST_TMP/p384.pem" 2>/dev/null)
third=$(add_key --uri "file:$pem" --now)
ok "a key by URI signs" wait_until 20 signs "$third"
# With --now one process may sign before another has read the key that it is to publish.
ok "its tokens verify" wait_until 20 verifies "$TEST_TMP/token"
is "key list names the URI" \
	"$(program key list --json | jq -r --arg kid "$third" '.[] | select(.kid == $kid).uri')" "file:$pem"
is "its private part is not in the database" \
	"$(stack sql "SELECT COUNT(*) FROM signing_key WHERE kid = '$third' AND LENGTH(wrapped) > 0" |
		tail -n 1)" 0
fails "the same key twice" 'is in the database already' program key add --uri "file:$pem"
fails "a key of another type" 'is not one for RS256' \
	program key add --alg RS256 --uri "file:$pem"
fails "a key of another curve" 'is not one for ES256' \
	program key add --alg ES256 --uri "file:$TEST_TMP/p384.pem"
fails "a file that is not there" 'nothing.pem' program key add --uri "file:$TEST_TMP/nothing.pem"
fails "a file without a key" 'tallystick.conf' program key add --uri "file:$TALLYSTICK_CONF"
ok "signing by URI survives a restart" stack restart pool
ok "it does" wait_until 20 signs "$third"
ok "the wrapped one signs again" program key activate --now "$second"
ok "it does again" wait_until 20 signs "$second"

# ---- the key that wraps ----------------------------------------------------

wrap=$STACK/wrap.key
cp -p "$wrap" "$TEST_TMP/wrap.key"

chmod 644 "$wrap"
fails "a wrap key that others may read" "$wrap.*(chmod|mode|read)" program key add
chmod 600 "$wrap"

mv "$wrap" "$wrap.away"
fails "a wrap key that is not there" "$wrap.*No such file" program key add
fails "check-config finds it" "$TALLYSTICK_CONF:[0-9]+: keys.wrap-key-file" program check-config
mv "$wrap.away" "$wrap"

printf short >"$wrap"
fails "a wrap key that is too short" "$wrap.*32" program key add
cp -p "$TEST_TMP/wrap.key" "$wrap"

# Another one than the keys were wrapped with: the processes cannot open them.
head -c 32 /dev/urandom >"$wrap"
stack restart pool >/dev/null
ok "with another wrap key the service is not ready" wait_until 20 ready_is 503
is "it gives no token" "$(token)" 503
ok "the log says why" in_log "error .*key $second does not open with the key in keys.wrap-key-file"
cp -p "$TEST_TMP/wrap.key" "$wrap"
stack kill pool --signal HUP
ok "the right one, and SIGHUP, help" wait_until 20 signs "$second"

# ---- no key ----------------------------------------------------------------

ok "the other is retired" program key retire "$third"
ok "--force retires the last" program key retire --force "$second"
# shellcheck disable=SC2317 # called by wait_until
no_token() {
	[ "$(token)" = 503 ]
}
ok "without a key no token is issued" wait_until 20 no_token
is "that is an outage" "$(body .error)" temporarily_unavailable
ok "the log says what to do" in_log 'error .*no ES256 key signs.*tallystick key add'
last=$(add_key --activate)
ok "a new one signs at once, for no other can" wait_until 20 signs "$last"

# A key that was stolen is not to be trusted a moment longer.
stolen=$(add_key --now)
ok "a key that is stolen signs" wait_until 20 signs "$stolen"
cp "$TEST_TMP/token" "$TEST_TMP/old"
fails "it is not removed by accident" 'is still published.*--force' program key remove "$stolen"
ok "it is removed" program key remove --force "$stolen"
ok "it is published no more" wait_until 20 not_published "$stolen"
ok "its tokens verify no more" wait_until 20 verifies_not "$TEST_TMP/old"
is "it is nowhere in the list" "$(state "$stolen")" ""
is "the one before signs again" "$(signer)" "$last"
like "people read a table" "$(program key list | head -n 1)" '^kid +alg +state '
no_reports
done_testing
