#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Machine users, clients with keys and trusted issuers, from the command line to
# the token: assertions made by jose and openssl on the command line, the npm
# packages jose and oauth4webapi, and the example client.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-node.sh
. "$TALLY_SRCDIR/tests/it/lib-node.sh"

for tool in jq jose openssl python3; do
	command -v "$tool" >/dev/null || missing_all "$tool is there" "$tool"
done
ALGS="RS256 ES256 PS256 ES384 ES512 EdDSA"
KEYS=$TEST_TMP/keys
GRANT=urn:ietf:params:oauth:grant-type:jwt-bearer
mkdir "$KEYS"

# json NAME COMMAND...: its output goes to $TEST_TMP/out.
json() {
	local name=$1
	shift
	if program "$@" --json >"$TEST_TMP/out" 2>"$TEST_TMP/err"; then
		pass "$name"
	else
		fail "$name" "$(cat "$TEST_TMP/err")"
	fi
}

out() {
	jq -r "$1" "$TEST_TMP/out"
}

# refuses NAME WORDS COMMAND...: it fails, and says so in these words.
refuses() {
	local name=$1 words=$2
	shift 2
	not_ok "$name" program "$@"
	like "$name: it says why" "$(program "$@" 2>&1 </dev/null)" "$words"
}

# ask_as CLIENT SECRET [CURL ARGUMENT...]: prints the status of a request at the token endpoint.
ask_as() {
	local id=$1 secret=$2
	shift 2
	printf 'user = "%s:%s"\n' "$id" "$secret" | fetch /oauth2/token --config - "$@"
}

# ---- keys ------------------------------------------------------------------

check_key_file() {
	local alg=$1 kind="PRIVATE KEY" file=$KEYS/$1.json
	case $alg in RS256 | PS256) kind="RSA PRIVATE KEY" ;; esac
	json "$alg: a key is made" user key add robot --alg "$alg" --out "$file"
	is "$alg: only its owner may read the file" "$(stat -c %a "$file")" 600
	is "$alg: what is in it" "$(jq -r 'keys_unsorted | join(" ")' "$file")" "type keyId key userId"
	is "$alg: whose it is" "$(jq -r '"\(.type) \(.keyId) \(.userId)"' "$file")" \
		"serviceaccount $(out .key_id) $ROBOT"
	like "$alg: the private key" "$(jq -r .key "$file")" "^-----BEGIN $kind-----"
	ok "$alg: openssl reads it" openssl pkey -in <(jq -r .key "$file") -noout -check
}

check_keys() {
	json "a machine user" user add robot --machine --name "A Robot"
	ROBOT=$(out .user_id)
	like "its user_id" "$ROBOT" '^[0-9a-f]{20}$'
	for alg in $ALGS; do
		check_key_file "$alg"
	done
	refuses "a file is not overwritten" "File exists" user key add robot --out "$KEYS/ES256.json"
	json "the keys are listed" user key list robot
	is "there are as many as were made" "$(out length)" 6
	is "by user_id, too" "$(program user key list "$ROBOT" --json)" "$(cat "$TEST_TMP/out")"
	program user key add robot >"$TEST_TMP/out"
	is "without a file it is printed, RS256 by default" \
		"$(out '.key | .[0:31]')" "-----BEGIN RSA PRIVATE KEY-----"
	json "and removed" user key remove robot "$(out .keyId)"
	refuses "it cannot be removed twice" "has no key" user key remove robot nothing
}

check_public_keys() {
	local bad
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$TEST_TMP/shared.pem" \
		2>/dev/null
	openssl pkey -in "$TEST_TMP/shared.pem" -pubout -out "$TEST_TMP/shared.pub"
	json "a public key is registered" user key add robot --public-key "$TEST_TMP/shared.pub" \
		--expires 2099-12-31
	is "and nothing private given out" "$(out 'has("key")')" false
	is "it ends when it was said" "$(out .expires_at)" 2099-12-31T00:00:00Z
	printf ' %s \n\n' bulk1 bulk2 bulk3 | program user add - --machine --json >"$TEST_TMP/out"
	is "several users at once are added in one go" "$(out 'map(.login) | join(" ")')" \
		"bulk1 bulk2 bulk3"
	out '.[].user_id' >"$TEST_TMP/users"
	program user key add - --public-key "$TEST_TMP/shared.pub" --json <"$TEST_TMP/users" \
		>"$TEST_TMP/out"
	is "for several users at once, each with an id of its own" \
		"$(out '[.[].key_id] | unique | length')" 3
	is "in the order of the list" "$(out '.[].user_id')" "$(cat "$TEST_TMP/users")"
	is "and taken away in one go" "$(program user remove - --json <"$TEST_TMP/users" |
		jq -c 'map(.user_id)')" "$(jq -Rnc '[inputs]' "$TEST_TMP/users")"
	refuses "so that none is left" "no user" user show bulk2
	refuses "several people at once" "has a password of its own" user add -
	printf 'bulk4\nrobot\nbulk5\n' >"$TEST_TMP/users"
	program user add - --machine --json <"$TEST_TMP/users" >"$TEST_TMP/out" 2>"$TEST_TMP/why"
	is "a list with one that exists fails" "$?" 1
	like "and says which" "$(cat "$TEST_TMP/why")" "robot"
	is "after those in front of it" "$(out 'map(.login) | join(" ")')" bulk4
	refuses "an end in the past" "which is past" \
		user key add robot --public-key "$TEST_TMP/shared.pub" --expires 2020-01-01
	refuses "an end that is none" "expected a time" \
		user key add robot --public-key "$TEST_TMP/shared.pub" --expires soon
	refuses "a private key" "private key" \
		user key add robot --public-key "$TEST_TMP/shared.pem"
	refuses "another algorithm" "not one for ES256" \
		user key add robot --public-key "$TEST_TMP/shared.pub" --alg ES256
	for bad in rsa-1024 rsa-e3 ec-secp256k1 ed448 x25519; do
		openssl pkey -in "$TALLY_SRCDIR/tests/vectors/keys/$bad.pem" -pubout \
			-out "$TEST_TMP/$bad.pub" 2>/dev/null
		refuses "$bad" "not supported" user key add robot --public-key "$TEST_TMP/$bad.pub"
	done
	echo garbage >"$TEST_TMP/garbage"
	refuses "garbage" "cannot be read" user key add robot --public-key "$TEST_TMP/garbage"
	refuses "a file that is not there" "No such file" user key add robot --public-key /nonexistent
	refuses "a user who is not there" "no user" user key add nobody
	program user add human --password-file - <<<"correct horse battery" >/dev/null
	refuses "a person" "machine" user key add human
}

# ---- clients ---------------------------------------------------------------

check_clients() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$KEYS/client.pem" \
		2>/dev/null
	openssl pkey -in "$KEYS/client.pem" -pubout -out "$TEST_TMP/client.pub"
	json "a client" client add --id signer --grant client_credentials --grant "$GRANT" --scope read
	json "with a public key" client key add signer --public-key "$TEST_TMP/client.pub"
	is "whose algorithm is found out" "$(out .alg)" ES256
	like "and whose kid is the thumbprint" "$(out .kid)" '^[A-Za-z0-9_-]{43}$'
	refuses "the same key again" "already" client key add signer --public-key "$TEST_TMP/client.pub"
	jose jwk gen -i '{"alg":"RS256","bits":2048,"kid":"by-jose"}' -o "$TEST_TMP/private.jwk"
	jose jwk pub -i "$TEST_TMP/private.jwk" -o "$TEST_TMP/public.jwk"
	json "a key by jose" client key add signer --jwk "$TEST_TMP/public.jwk"
	is "under its own kid" "$(out .kid)" by-jose
	refuses "a private JWK" "private key" client key add signer --jwk "$TEST_TMP/private.jwk"
	refuses "neither PEM nor JWK" "either" client key add signer
	json "the keys are shown" client show signer
	is "both" "$(out '.keys | length')" 2
	json "a key is removed" client key remove signer by-jose
	json "a client whose secret is kept for JWTs" \
		client add --id mac --grant client_credentials --for-jwt
	out .client_secret >"$KEYS/secret"
	json "a public client" client add --id app --grant password --public
	is "has no secret" "$(out 'has("client_secret")')" false
	refuses "and no grant that wants one" "public" \
		client add --id app2 --grant client_credentials --public
}

# ---- trusted issuers -------------------------------------------------------

# jose_assertion KEY HEADER CLAIMS
jose_assertion() {
	jose fmt -j "$3" -o- | jose jws sig -I- -k "$1" -s '{"protected":'"$2"'}' -c -o-
}

check_issuers() {
	local now claims
	now=$(date +%s)
	jose jwk gen -i '{"alg":"ES256","kid":"i1"}' -o "$TEST_TMP/issuer.jwk"
	jose jwk pub -i "$TEST_TMP/issuer.jwk" -o- | jq '{keys: [., {kty: "oct", k: "AAAA"}]}' \
		>"$TEST_TMP/issuer.jwks"
	json "an issuer" issuer add https://issuer.example --jwks "$TEST_TMP/issuer.jwks" \
		--subject login
	is "one of its keys is for us" "$(out '"\(.keys) \(.keys_skipped) \(.subject)"')" "1 1 login"
	refuses "the same again" "already" \
		issuer add https://issuer.example --jwks "$TEST_TMP/issuer.jwks"
	refuses "ourselves" "somebody else" \
		issuer add "$TALLYSTICK_ISSUER" --jwks "$TEST_TMP/issuer.jwks"
	refuses "without keys" "jwks" issuer add https://other.example
	refuses "with a set that is none" "key set" \
		issuer add https://other.example --jwks "$TEST_TMP/issuer.jwk"
	refuses "with another mapping" "as-is" \
		issuer add https://other.example --jwks "$TEST_TMP/issuer.jwks" --subject guess
	claims='{"iss":"https://issuer.example","sub":"robot","aud":"'$TALLYSTICK_ISSUER'","exp":'
	claims+="$((now + 300))}"
	jose_assertion "$TEST_TMP/issuer.jwk" '{"alg":"ES256","kid":"i1"}' "$claims" \
		>"$TEST_TMP/assertion"
	is "jose: a token for an issuer's assertion" \
		"$(ask_as signer "$SIGNER_SECRET" -d grant_type="$GRANT" \
			--data-urlencode assertion@"$TEST_TMP/assertion")" 200
	is "jose: about our user" \
		"$(body .access_token | cut -d. -f2 | jose b64 dec -i- -O- | jq -r .sub)" "$ROBOT"
	is "not without a client" \
		"$(fetch /oauth2/token -d grant_type="$GRANT" \
			--data-urlencode assertion@"$TEST_TMP/assertion") $(body .error)" "400 invalid_grant"
	json "the issuer is disabled" issuer disable https://issuer.example
	json "and listed so" issuer list
	isnt "with the time" "$(out '.[0].disabled_at')" null
	in_force
	is "it is refused" "$(ask_as signer "$SIGNER_SECRET" -d grant_type="$GRANT" \
		--data-urlencode assertion@"$TEST_TMP/assertion") $(body .error)" "400 invalid_grant"
	json "it is enabled" issuer enable https://issuer.example
	in_force
	is "it is accepted" "$(ask_as signer "$SIGNER_SECRET" -d grant_type="$GRANT" \
		--data-urlencode assertion@"$TEST_TMP/assertion")" 200
	json "it is removed" issuer remove https://issuer.example
	is "and not listed" "$(program issuer list --json)" "[]"
}

# A change is in force within clients.cache and users.cache, 1 s here.
in_force() {
	sleep 1.2
}

# ---- the example -----------------------------------------------------------

check_example() {
	local alg
	for alg in RS256 ES256 ES384 ES512 EdDSA; do
		if python3 -B "$TALLY_SRCDIR/examples/clients/jwt-profile.py" "$KEYS/$alg.json" \
			"$TALLYSTICK_ISSUER" openid profile >"$TEST_TMP/out" 2>"$TEST_TMP/err"; then
			pass "example: $alg: a token"
		else
			fail "example: $alg: a token" "$(cat "$TEST_TMP/err")"
		fi
		is "example: $alg: its scope" "$(out .scope)" "openid profile"
		is "example: $alg: an ID token goes with it" \
			"$(out '.id_token | split(".") | length')" 3
	done
}

# ---- the run ---------------------------------------------------------------

node_find assertions.js
up "the stack is up" --server lighttpd --set clients.cache=1s --set users.cache=1s
check_keys
check_public_keys
check_clients
json "one more secret" client secret add signer
SIGNER_SECRET=$(out .client_secret)
check_issuers
check_example
node_check assertions "npm's jose and oauth4webapi" "$TALLYSTICK_ISSUER" "$KEYS"

ok "the user is disabled" program user disable robot
in_force
not_ok "and gets no token any more" python3 -B "$TALLY_SRCDIR/examples/clients/jwt-profile.py" \
	"$KEYS/ES256.json" "$TALLYSTICK_ISSUER"
jq -r '.key' "$KEYS"/*.json | sed -n 3p >"$TEST_TMP/secrets"
cat "$KEYS/secret" >>"$TEST_TMP/secrets"
cut -c 1-40 "$TEST_TMP/assertion" >>"$TEST_TMP/secrets"
is "no key, no secret, no assertion is in any log" \
	"$(grep -RFl -f "$TEST_TMP/secrets" "$STACK/log")" ""
no_reports
done_testing
