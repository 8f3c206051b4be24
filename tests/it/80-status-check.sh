#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# "tallystick status check": what a relying party does, on the command line, with
# lists in files and over HTTP. The rules themselves: tests/unit/test_status_check.c.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"

PROGRAM=${TALLYSTICK_PROGRAM:-${TALLY_BUILDDIR:?}/tallystick}
TOOL=${TALLY_BUILDDIR:?}/tests/it/list_tool
CERTIFICATES=$TALLY_SRCDIR/tests/vectors/certificates
D=$TEST_TMP/made
[ -x "$TOOL" ] || bail "the test's tool is built" "there is no $TOOL: run make check TESTS="
for tool in curl python3 openssl jq; do
	command -v "$tool" >/dev/null || missing_all "$tool is there" "$tool"
done
mkdir "$D"

# serve NAME [CERTIFICATE KEY]: PORT and LOG are then the server's.
serve() {
	LOG=$TEST_TMP/$1.log
	: >"$LOG"
	run_bg python3 "$TALLY_SRCDIR/tests/it/list_server.py" "$D" "$LOG" "${@:2}" \
		>"$TEST_TMP/$1.port" 3>&-
	wait_until 10 test -s "$TEST_TMP/$1.port" || bail "the server of lists starts"
	PORT=$(<"$TEST_TMP/$1.port")
}

# check ARGUMENT...: runs it; RC, and what it printed in $TEST_TMP/out and err.
check() {
	"$PROGRAM" status check "$@" >"$TEST_TMP/out" 2>"$TEST_TMP/err" </dev/null
	RC=$?
}

# says NAME STATUS VALUE ARGUMENT...
says() {
	check "${@:4}" --json
	is "$1: exit status" "$RC" "$2" || diag "$(cat "$TEST_TMP/out" "$TEST_TMP/err")"
	is "$1: status" "$(jq -r .status "$TEST_TMP/out")" "$3"
}

# nothing NAME ABOUT REGEX ARGUMENT...: no statement is made.
nothing() {
	says "$1" 1 UNKNOWN "${@:4}"
	is "$1: about what" "$(jq -r .about "$TEST_TMP/out")" "$2"
	like "$1: reason" "$(jq -r .reason "$TEST_TMP/out")" "$3"
}

# wrong NAME REGEX ARGUMENT...: the command line is wrong.
wrong() {
	check "${@:3}"
	is "$1: exit status" "$RC" 2
	like "$1: what it says" "$(<"$TEST_TMP/err")" "$2"
}

made() {
	ok "lists and tokens are made ($*)" "$TOOL" "$D" "$@"
	TOKEN=$(<"$D/token.jwt")
	JWKS=(--jwks "$D/jwks.json")
}

requests() {
	wc -l <"$LOG"
}

# ---- files -----------------------------------------------------------------

made https://example.com/list 7 0
FILES=(--list "$D/list.jwt")
says "a valid token" 0 VALID "$TOKEN" "${JWKS[@]}" "${FILES[@]}"
is "JSON says all of it" \
	"$(jq -r '"\(.value) \(.list) \(.index) \(.entries) \(.type)"' "$TEST_TMP/out")" \
	"0 https://example.com/list 7 1000 application/statuslist+jwt"
ok "and when" jq -e '.issued_at < .good_until and .good_until < .expires_at' "$TEST_TMP/out"
says "with the list as a CWT" 0 VALID "$TOKEN" "${JWKS[@]}" --list "$D/list.cwt"
is "its type" "$(jq -r .type "$TEST_TMP/out")" application/statuslist+cwt
says "a CWT from a file" 0 VALID "@$D/token.cwt" "${JWKS[@]}" "${FILES[@]}"
says "in hexadecimal" 0 VALID "$(od -An -v -tx1 "$D/token.cwt" | tr -d ' \n')" "${JWKS[@]}" \
	"${FILES[@]}"
says "in base64url" 0 VALID "$(base64 -w0 "$D/token.cwt" | tr '+/' '-_' | tr -d =)" \
	"${JWKS[@]}" "${FILES[@]}"
says "an SD-JWT" 0 VALID "$TOKEN~WyJzYWx0IiwiYSIsMV0~" "${JWKS[@]}" "${FILES[@]}"
check "$TOKEN" "${JWKS[@]}" "${FILES[@]}"
like "for people" "$(<"$TEST_TMP/out")" '^status: +VALID.*value: +0.*index: +7.*good until: +20'

"$PROGRAM" status check - "${JWKS[@]}" "${FILES[@]}" <"$D/token.jwt" >"$TEST_TMP/out"
is "the token on standard input" "$? $(head -n 1 "$TEST_TMP/out" | tr -s ' ')" "0 status: VALID"
"$PROGRAM" status check "$TOKEN" "${JWKS[@]}" --list - <"$D/list.cwt" >"$TEST_TMP/out"
is "the list on standard input" "$?" 0

for row in "1 INVALID" "2 SUSPENDED" "3 APPLICATION_SPECIFIC"; do
	made https://example.com/list 999 "${row% *}"
	says "value ${row% *}" 4 "${row#* }" "$TOKEN" "${JWKS[@]}" "${FILES[@]}"
done

# ---- by other means --------------------------------------------------------

if python3 -c 'import cryptography' 2>/dev/null; then
	made https://example.com/list 998 2
	is "the CWT is one for others too" \
		"$(python3 "$TALLY_SRCDIR/tests/it/cose_check.py" "$D/jwks.json" "$D/list.cwt" 998 2>&1)" 2
else
	missing "the CWT is one for others too" "python3-cryptography is not installed"
fi

# ---- what allows no statement ----------------------------------------------

made https://example.com/list 7 0
nothing "an expired token" token expired "@$D/expired.jwt" "${JWKS[@]}" "${FILES[@]}"
nothing "an expired list" list expired "$TOKEN" "${JWKS[@]}" --list "$D/stale.jwt"
nothing "no token" token neither hello "${JWKS[@]}" "${FILES[@]}"
nothing "a token as a list" list 'typ' "$TOKEN" "${JWKS[@]}" --list "$D/token.jwt"
nothing "a list as a token" token 'status list' "@$D/list.jwt" "${JWKS[@]}" "${FILES[@]}"
cp "$D/jwks.json" "$D/list.cwt" "$TEST_TMP"
made https://example.com/list/ 7 0
nothing "a list of another key" list signature "$TOKEN" --token-jwks "$D/jwks.json" \
	--jwks "$TEST_TMP/jwks.json" --list "$D/list.jwt"
nothing "a token of another key" token signature "$TOKEN" --jwks "$TEST_TMP/jwks.json" \
	--list "$D/list.jwt"
nothing "a list of another URI" list 'another URI' "$TOKEN" --token-jwks "$D/jwks.json" \
	--jwks "$TEST_TMP/jwks.json" --list "$TEST_TMP/list.cwt"

# ---- certificates ----------------------------------------------------------

made https://example.com/list 7 1 "$CERTIFICATES/signer.pem" "$CERTIFICATES/chain.pem"
CA=(--token-jwks "$D/jwks.json" --ca "$CERTIFICATES/root.pem")
for form in jwt cwt; do
	says "$form: certificates are trusted by --ca" 4 INVALID "$TOKEN" "${CA[@]}" \
		--list "$D/list.$form"
	says "$form: and have the usage of --eku" 4 INVALID "$TOKEN" "${CA[@]}" \
		--eku 1.3.6.1.4.1.99999.1 --list "$D/list.$form"
	nothing "$form: or not" list 'extended key usage' "$TOKEN" "${CA[@]}" \
		--eku 1.3.6.1.4.1.99999.2 --list "$D/list.$form"
	nothing "$form: another authority" list 'not trusted' "$TOKEN" \
		--token-jwks "$D/jwks.json" --ca "$CERTIFICATES/other-root.pem" \
		--list "$D/list.$form"
done
cp "$TALLY_SRCDIR/tests/vectors/certificates/chain-expired.pem" "$TEST_TMP/chain.pem"
made https://example.com/list 7 1 "$CERTIFICATES/signer.pem" "$TEST_TMP/chain.pem"
nothing "an expired certificate" list 'not trusted: certificate has expired' "$TOKEN" "${CA[@]}" \
	--list "$D/list.jwt"

# ---- the command line ------------------------------------------------------

wrong "no keys" 'expected --jwks or --ca' "$TOKEN" --list "$D/list.jwt"
wrong "no token" 'TOKEN' "${JWKS[@]}"
wrong "two of standard input" 'only one thing' - "${JWKS[@]}" --list -
wrong "keys that are none" 'no JWK set' "$TOKEN" --jwks "$D/token.jwt"
wrong "no file of keys" 'No such file' "$TOKEN" --jwks "$D/missing"
wrong "no file of a list" 'No such file' "$TOKEN" "${JWKS[@]}" --list "$D/missing"
wrong "no file of a token" 'No such file' "@$D/missing" "${JWKS[@]}"
wrong "no authorities" 'there is none' "$TOKEN" --ca "$D/jwks.json"
printf '{"keys":[{"kty":"oct","k":"AA"}]}' >"$TEST_TMP/oct.json"
wrong "keys that are not for us" 'there is none' "$TOKEN" --jwks "$TEST_TMP/oct.json"

# ---- over HTTP -------------------------------------------------------------

serve http
HTTP=http://127.0.0.1:$PORT
made "$HTTP/list" 7 1
says "fetched" 4 INVALID "$TOKEN" "${JWKS[@]}"
is "it asks for either form, rather a JWT" "$(<"$LOG")" \
	"/list application/statuslist+jwt, application/statuslist+cwt;q=0.9"
nothing "a token of another key" token signature "$TOKEN" --jwks "$TEST_TMP/jwks.json"
is "nothing is fetched for it" "$(requests)" 1
nothing "an expired token" token expired "@$D/expired.jwt" "${JWKS[@]}"
is "nor for one that has expired" "$(requests)" 1
made "$HTTP/cwt" 7 2
says "a CWT" 4 SUSPENDED "$TOKEN" "${JWKS[@]}"
made "http://localhost:$PORT/list" 7 0
says "by the name of this host" 0 VALID "$TOKEN" "${JWKS[@]}"
made "$HTTP/list?a=b&c=[1-3]" 7 0
nothing "a list that is not there; and no globbing" fetch '404' "$TOKEN" "${JWKS[@]}"
is "no globbing" "$(tail -n 1 "$LOG" | cut -d' ' -f1)" "/list?a=b&c=[1-3]"
made "$HTTP/loop" 7 0
nothing "redirects only lead to HTTPS" fetch 'curl' "$TOKEN" "${JWKS[@]}"
made "$HTTP/announced" 7 0
nothing "a list that is announced as too large" fetch 'axim' "$TOKEN" "${JWKS[@]}"
made "$HTTP/endless" 7 0
nothing "a list that does not end" fetch 'curl' "$TOKEN" "${JWKS[@]}"

count=$(requests)
for uri in "http://example.com/x" "http://127.0.0.1.example.com:$PORT/list" \
	"http://user@127.0.0.1:$PORT/list" "http://[::1].example.com/" "ftp://127.0.0.1/list" \
	"file:///etc/passwd" "http:127.0.0.1" "-K:/etc/passwd"; do
	made "$uri" 7 0
	check "$TOKEN" "${JWKS[@]}" --json
	is "not fetched: $uri" "$RC $(jq -r .status "$TEST_TMP/out")" "1 UNKNOWN"
done
is "none of them" "$(requests)" "$count"

mkdir "$TEST_TMP/home"
echo 'url = "file:///etc/passwd"' >"$TEST_TMP/home/.curlrc"
made "$HTTP/list" 7 0
HOME=$TEST_TMP/home says "no file adds to curl's options" 0 VALID "$TOKEN" "${JWKS[@]}"
PATH=$TEST_TMP/home check "$TOKEN" "${JWKS[@]}"
is "without curl: exit status" "$RC" 1
like "without curl: what to do" "$(<"$TEST_TMP/out")" 'install the package curl'
made "http://127.0.0.1:1/list" 7 0
nothing "nobody there" fetch 'Failed to connect|Could not connect' "$TOKEN" "${JWKS[@]}"

# ---- over HTTPS ------------------------------------------------------------

ok "a certificate" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -days 2 \
	-keyout "$TEST_TMP/https.key" -out "$TEST_TMP/https.crt"
serve https "$TEST_TMP/https.crt" "$TEST_TMP/https.key"
made "https://127.0.0.1:$PORT/list" 7 1
nothing "a server that is not trusted" fetch 'certificate' "$TOKEN" "${JWKS[@]}"
export CURL_CA_BUNDLE=$TEST_TMP/https.crt
says "fetched" 4 INVALID "$TOKEN" "${JWKS[@]}"
made "https://127.0.0.1:$PORT/moved" 7 0
says "a redirect is followed; the list is still of the token's URI" 0 VALID "$TOKEN" "${JWKS[@]}"
made "https://127.0.0.1:$PORT/loop" 7 0
nothing "a circle" fetch 'redirects' "$TOKEN" "${JWKS[@]}"
made "https://127.0.0.1:$PORT/downgrade" 7 0
nothing "away from HTTPS" fetch 'rotocol' "$TOKEN" "${JWKS[@]}"
done_testing
