#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Access tokens of every algorithm are accepted by verifiers that are not ours:
# jose and openssl on the command line, the npm packages jose and oauth4webapi.
# Metadata and key set are what the standards ask for.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-node.sh
. "$TALLY_SRCDIR/tests/it/lib-node.sh"

for tool in jq jose openssl; do
	command -v "$tool" >/dev/null || missing_all "$tool is there" "$tool"
done
ALGS="ES256 ES384 RS256 PS256 EdDSA"

# ---- command line ----------------------------------------------------------

b64url_to_file() {
	local text
	text=$(tr -- '-_' '+/' <<<"$1")
	while [ $((${#text} % 4)) != 0 ]; do
		text+="="
	done
	base64 -d <<<"$text" >"$2"
}

verify_jose() {
	if jose alg | grep -qx "$1"; then
		ok "$1: jose (command line) accepts the token by the key set" \
			jose jws ver -i "$TEST_TMP/token" -k "$TEST_TMP/jwks" -O "$TEST_TMP/claims"
		not_ok "$1: and no altered one" \
			jose jws ver -i "$TEST_TMP/altered" -k "$TEST_TMP/jwks"
	else
		skip "$1: jose (command line) accepts the token" "this jose has no $1"
	fi
}

# The key of the token by its kid, as SubjectPublicKeyInfo: Ed25519's has a fixed
# frame (RFC 8410 §4). Of jose, which has no EdDSA, openssl takes the place.
verify_openssl_ed25519() {
	jq -er '.keys[] | select(.kty == "OKP" and .crv == "Ed25519") | .x' "$TEST_TMP/jwks" |
		{
			read -r x
			b64url_to_file "$x" "$TEST_TMP/x"
		}
	{
		printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'
		cat "$TEST_TMP/x"
	} >"$TEST_TMP/public.der"
	cut -d. -f1,2 "$TEST_TMP/token" | tr -d '\n' >"$TEST_TMP/signed"
	b64url_to_file "$(cut -d. -f3 "$TEST_TMP/token")" "$TEST_TMP/signature"
	ok "EdDSA: openssl accepts the token by the key set" \
		openssl pkeyutl -verify -pubin -inkey "$TEST_TMP/public.der" -keyform DER \
		-rawin -in "$TEST_TMP/signed" -sigfile "$TEST_TMP/signature"
	printf x >>"$TEST_TMP/signed"
	not_ok "EdDSA: and no altered one" \
		openssl pkeyutl -verify -pubin -inkey "$TEST_TMP/public.der" -keyform DER \
		-rawin -in "$TEST_TMP/signed" -sigfile "$TEST_TMP/signature"
}

# ---- what is in the documents ----------------------------------------------

check_token() {
	local alg=$1 header claims now
	header=$(cut -d. -f1 "$TEST_TMP/token" | jose b64 dec -i- -O-)
	claims=$(cut -d. -f2 "$TEST_TMP/token" | jose b64 dec -i- -O-)
	now=$(date +%s)
	is "$alg: the header" "$(jq -cS 'del(.kid)' <<<"$header")" \
		'{"alg":"'"$alg"'","typ":"at+jwt"}'
	is "$alg: the claims (RFC 9068 §2.2)" "$(jq -r 'keys | join(" ")' <<<"$claims")" \
		"aud client_id exp iat iss jti scope sub"
	is "$alg: whose they are" "$(jq -r '"\(.iss) \(.aud) \(.sub) \(.client_id)"' <<<"$claims")" \
		"$TALLYSTICK_ISSUER $TALLYSTICK_ISSUER $DEMO_CLIENT_ID $DEMO_CLIENT_ID"
	# shellcheck disable=SC2016 # the dollars are jq's
	ok "$alg: the time" jq -en --argjson c "$claims" --argjson now "$now" \
		'($c.iat | . <= $now + 1 and . > $now - 60) and $c.exp == $c.iat + 3600'
	like "$alg: 16 bytes of jti" "$(jq -r .jti <<<"$claims")" '^[A-Za-z0-9_-]{22}$'
}

check_metadata() {
	local name
	is "metadata: status" "$(fetch /.well-known/oauth-authorization-server)" 200
	cp "$TEST_TMP/body" "$TEST_TMP/metadata"
	like "metadata: may be cached" "$(header Cache-Control)" '^public, max-age=[1-9][0-9]*$'
	is "metadata: type" "$(header Content-Type)" application/json
	is "metadata: issuer (RFC 8414 §3.3)" "$(body .issuer)" "$TALLYSTICK_ISSUER"
	is "metadata: token_endpoint" "$(body .token_endpoint)" "$TALLYSTICK_URL/oauth2/token"
	is "metadata: jwks_uri" "$(body .jwks_uri)" "$TALLYSTICK_URL/oauth2/jwks"
	is "metadata: grants" "$(body '.grant_types_supported | sort | join(" ")')" \
		"client_credentials password refresh_token urn:ietf:params:oauth:grant-type:jwt-bearer"
	is "metadata: client authentication" \
		"$(body '.token_endpoint_auth_methods_supported | sort | tostring')" \
		'["client_secret_basic","client_secret_jwt","client_secret_post","none","private_key_jwt"]'
	is "metadata: what client assertions may be signed with" \
		"$(body '.token_endpoint_auth_signing_alg_values_supported | sort | join(" ")')" \
		"ES256 ES384 ES512 EdDSA HS256 PS256 RS256"
	# RFC 8414 §2, OpenID Discovery §3 (authorization_endpoint: there is none).
	for name in response_types_supported subject_types_supported \
		id_token_signing_alg_values_supported; do
		is "metadata: $name is a list" "$(body ".$name | type")" array
	done
	is "metadata: no empty member, no null" \
		"$(body '[.[] | select(. == null or . == "")] | length')" 0
	is "OpenID: status" "$(fetch /.well-known/openid-configuration)" 200
	ok "OpenID: the same document" cmp "$TEST_TMP/body" "$TEST_TMP/metadata"
}

check_jwks() {
	is "key set: status" "$(fetch /oauth2/jwks)" 200
	cp "$TEST_TMP/body" "$TEST_TMP/jwks"
	is "key set: a key per algorithm" \
		"$(body '[.keys[].alg] | sort | join(" ")')" "ES256 ES384 EdDSA PS256 RS256"
	is "key set: each with kid, kty, use" \
		"$(body '[.keys[] | select(.kid and .kty and .use == "sig")] | length')" 5
	is "key set: the members of each type" \
		"$(body '[.keys[] | "\(.kty):" + (del(.kid, .kty, .use, .alg) | keys | join(","))]
			| unique | join(" ")')" \
		"EC:crv,x,y OKP:crv,x RSA:e,n"
	is "key set: nothing private" \
		"$(body '[.keys[] | .d, .p, .q, .dp, .dq, .qi, .k, .oth | values] | length')" 0
	is "key set: RSA has 2048 bits or more" \
		"$(body '[.keys[] | select(.kty == "RSA" and (.n | length) < 342)] | length')" 0
	is "key set: no kid twice" "$(body '[.keys[].kid] | length - (unique | length)')" 0
	like "key set: may be cached" "$(header Cache-Control)" '^public, max-age=300$'
	is "key set: type" "$(header Content-Type)" application/json
}

# ---- the run ---------------------------------------------------------------

node_find verify.js
up "the stack is up" --server lighttpd
for alg in $ALGS; do
	[ "$alg" = ES256 ] || ok "$alg: a key" program key add --alg "$alg" --activate
done
for alg in $ALGS; do
	up "$alg: the stack is up" --server lighttpd --set tokens.algorithm="$alg"
	is "$alg: a token" "$(token)" 200
	is "$alg: not to be cached" "$(header Cache-Control)" no-store
	body .access_token | tr -d '\n' >"$TEST_TMP/token"
	sed 's/\.\(.\)\(.\)/.\2\1/' "$TEST_TMP/token" >"$TEST_TMP/altered"
	fetch /oauth2/jwks >/dev/null
	cp "$TEST_TMP/body" "$TEST_TMP/jwks"
	check_token "$alg"
	verify_jose "$alg"
	[ "$alg" != EdDSA ] || verify_openssl_ed25519
	node_check "$alg" "npm's jose and oauth4webapi" "$TALLYSTICK_ISSUER" "$alg"
done
check_metadata
check_jwks
no_reports
done_testing
