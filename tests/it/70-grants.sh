#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every grant from end to end: who may ask for it, what comes of it, whether the
# token is good afterwards (introspection, userinfo), and bad when it was ended.
# Each web server gives the same bytes. Clients that are not ours agree.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-token.sh
. "$TALLY_SRCDIR/tests/it/lib-token.sh"
# shellcheck source=tests/it/lib-node.sh
. "$TALLY_SRCDIR/tests/it/lib-node.sh"

for tool in jq jose openssl; do
	command -v "$tool" >/dev/null || missing_all "$tool is there" "$tool"
done
PASSWORD='correct horse battery staple'
CACHE=(--set clients.cache=1s --set users.cache=1s --set log.level=info)
node_find grants.js

up "the stack is up" --server lighttpd "${CACHE[@]}"

# ---- who there is -----------------------------------------------------------

all_grants=(--grant client_credentials --grant password --grant refresh_token --grant "$URN_JWT"
	--scope 'openid profile read')
add_client app "${all_grants[@]}" --default-scope read
add_client other "${all_grants[@]}"
add_client sees --grant client_credentials --introspect
add_client opaque "${all_grants[@]}" --format opaque
add_client open --public --grant password --grant refresh_token --scope 'openid read'
add_client maced --grant client_credentials --for-jwt
add_client keyed --grant client_credentials
jose jwk gen -i '{"alg":"ES256","kid":"keyed-1"}' -o "$TEST_TMP/keyed.jwk"
jose jwk pub -i "$TEST_TMP/keyed.jwk" -o "$TEST_TMP/keyed.pub"
ok "a client's key is registered" program client key add keyed --jwk "$TEST_TMP/keyed.pub"

ANN=$(add_user ann "$PASSWORD")
like "a user is added" "$ANN" '.'
ROBOT=$(program user add robot --machine --json | jq -r .user_id)
ok "a machine user's key is made" program user key add robot --out "$TEST_TMP/robot.json"
is "its file is nobody else's to read" "$(stat -c %a "$TEST_TMP/robot.json")" 600
is "it has the members of a service account" \
	"$(jq -c '[.type, .userId] + (keys)' "$TEST_TMP/robot.json")" \
	"[\"serviceaccount\",\"$ROBOT\",\"key\",\"keyId\",\"type\",\"userId\"]"
jq -r .key "$TEST_TMP/robot.json" >"$TEST_TMP/robot.pem"
ROBOT_HEADER=$(jq -c '{alg: "RS256", kid: .keyId}' "$TEST_TMP/robot.json")

PARTNER=https://partner.example
jose jwk gen -i '{"alg":"ES256","kid":"partner-1"}' -o "$TEST_TMP/partner.jwk"
jose jwk pub -s -i "$TEST_TMP/partner.jwk" -o "$TEST_TMP/partner.jwks"
ok "an issuer is trusted" program issuer add "$PARTNER" --jwks "$TEST_TMP/partner.jwks" \
	--subject login

# ---- requests ---------------------------------------------------------------

log_in() {
	local client=$1
	shift
	grant "$client" password -d username=ann --data-urlencode password="$PASSWORD" "$@"
}

# robot [FILTER]: an assertion of the machine user, its claims changed.
robot() {
	sign_rs256 "$TEST_TMP/robot.pem" "$ROBOT_HEADER" \
		"$(assertion "$ROBOT" "$ROBOT" "$TALLYSTICK_ISSUER" | jq -c "${1:-.}")"
}

# partner SUBJECT [FILTER]: an assertion of the trusted issuer.
partner() {
	sign_jose "$TEST_TMP/partner.jwk" '{"alg":"ES256","kid":"partner-1"}' \
		"$(assertion "$PARTNER" "$1" "$TALLYSTICK_ISSUER" | jq -c "${2:-.}")"
}

bearer() {
	local client=$1 text=$2
	shift 2
	grant "$client" "$URN_JWT" -d assertion="$text" "$@"
}

# by_assertion TEXT [CURL ARGUMENT...]: client credentials with a client assertion.
by_assertion() {
	local text=$1
	shift
	grant - client_credentials --data-urlencode client_assertion_type="$URN_ASSERTION" \
		-d client_assertion="$text" "$@"
}

by_key() {
	by_assertion "$(sign_jose "$TEST_TMP/keyed.jwk" '{"alg":"ES256","kid":"keyed-1"}' "$1")"
}

keyed_claims() {
	assertion keyed keyed "${1:-$TALLYSTICK_ISSUER}" "$RANDOM$RANDOM$RANDOM"
}

# good NAME TOKEN: every endpoint takes this access token of a user for good.
good() {
	is "$1: introspection says so" "$(active app "$2")" true
	is "$1: so does userinfo" "$(userinfo "$2")" 200
}

bad() {
	is "$1: introspection says nothing" "$(active app "$2") $(jq -c . "$TEST_TMP/body")" \
		'false {"active":false}'
	refused "$1: userinfo refuses it" "$(userinfo "$2")" "401 invalid_token"
}

# ---- client credentials, by every way to authenticate ------------------------

is "client_secret_basic" "$(grant app client_credentials)" 200
is "client_secret_post" "$(grant - client_credentials -d client_id=app \
	--data-urlencode client_secret="${SECRET[app]}")" 200
claims_used=$(keyed_claims)
is "private_key_jwt" "$(by_key "$claims_used")" 200
is "private_key_jwt: whose token it is" "$(claims "$(body .access_token)" | jq -r .client_id)" keyed
refused "private_key_jwt: the same jti, signed again" "$(by_key "$claims_used")" \
	"401 invalid_client"
stack restart pool >/dev/null
ok "ready after a restart" wait_until 20 is_ready
refused "private_key_jwt: the same jti after a restart" "$(by_key "$claims_used")" \
	"401 invalid_client"
is "private_key_jwt: for the issuer alone, in an array" \
	"$(by_key "$(keyed_claims | jq -c '.aud = [.aud]')")" 200
refused "private_key_jwt: with a slash behind the issuer" \
	"$(by_key "$(keyed_claims "$TALLYSTICK_ISSUER/")")" "401 invalid_client"
refused "private_key_jwt: without exp" "$(by_key "$(keyed_claims | jq -c 'del(.exp)')")" \
	"401 invalid_client"
refused "private_key_jwt: with an exp far away" \
	"$(by_key "$(keyed_claims | jq -c '.exp += 86400')")" "401 invalid_client"
by_mac() {
	by_assertion "$(sign_hs256 "${2:-${SECRET[maced]}}" '{"alg":"HS256"}' "$1")"
}
# at_once CLAIMS: the statuses of 16 requests with the same assertion.
at_once() {
	local text i
	text=$(sign_jose "$TEST_TMP/keyed.jwk" '{"alg":"ES256","kid":"keyed-1"}' "$1")
	for i in {1..16}; do
		printf 'url = "%s/oauth2/token"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\n' \
			"$TALLYSTICK_URL"
		printf 'data = "grant_type=client_credentials&client_assertion_type=%s"\n' \
			"${URN_ASSERTION//:/%3A}"
		printf 'data = "client_assertion=%s"\nnext\n' "$text"
	done | sed '$d' >"$TEST_TMP/at-once"
	curl -sS --noproxy '*' --no-progress-meter --parallel --parallel-immediate \
		-K "$TEST_TMP/at-once" 2>>"$TEST_TMP/curl.log" | sort | uniq -c | xargs
}
is "private_key_jwt: 16 times at once: one is accepted" "$(at_once "$(keyed_claims)")" \
	"1 200 15 401"
is "client_secret_jwt" "$(by_mac "$(assertion maced maced "$TALLYSTICK_ISSUER" mac1)")" 200
refused "client_secret_jwt: the same jti again" \
	"$(by_mac "$(assertion maced maced "$TALLYSTICK_ISSUER" mac1)")" "401 invalid_client"
refused "client_secret_jwt: an empty key" \
	"$(by_assertion "$(sign_hs256 ' ' '{"alg":"HS256"}' \
		"$(assertion maced maced "$TALLYSTICK_ISSUER" mac2)")")" "401 invalid_client"
refused "client_secret_jwt: signed with the public key of a client that has one" \
	"$(by_assertion "$(sign_hs256 "$(cat "$TEST_TMP/keyed.pub")" \
		'{"alg":"HS256","kid":"keyed-1"}' "$(keyed_claims)")")" "401 invalid_client"
refused "an unsigned client assertion" \
	"$(by_assertion "$(printf '{"alg":"none"}' | b64url).$(keyed_claims | b64url).")" \
	"401 invalid_client"
refused "two ways at once" "$(grant app client_credentials -d client_secret=x -d client_id=app)" \
	"400 invalid_request"
refused "a public client gets no token for itself" \
	"$(grant - client_credentials -d client_id=open)" "400 unauthorized_client"

# ---- password, ID token, userinfo ---------------------------------------------

is "password" "$(log_in app -d 'scope=openid profile read')" 200
is "password: not to be cached" "$(header Cache-Control)" no-store
access=$(body .access_token)
id=$(body .id_token)
refresh=$(body .refresh_token)
is "password: whose token it is" "$(claims "$access" | jq -r '"\(.sub) \(.client_id) \(.scope)"')" \
	"$ANN app openid profile read"
is "ID token: for whom" "$(claims "$id" | jq -r '"\(.iss) \(.aud) \(.sub)"')" \
	"$TALLYSTICK_ISSUER app $ANN"
good "password" "$access"
is "userinfo: who it is" "$(userinfo "$access") $(body '"\(.sub) \(.preferred_username) \(.name)"')" \
	"200 $ANN ann Ann"
is "userinfo by POST" "$(fetch /oauth2/userinfo -d '' -H "Authorization: Bearer $access")" 200
log_in app -d scope=read >/dev/null
is "no ID token without openid" "$(jq -r '.id_token // "none"' "$TEST_TMP/body")" none
refused "nor userinfo" "$(userinfo "$(body .access_token)")" "403 insufficient_scope"
refused "nor without a token" "$(fetch /oauth2/userinfo)" "401 token_required"
refused "a wrong password" "$(grant app password -d username=ann -d password=wrong)" \
	"400 invalid_grant"
refused "a scope that the client may not have" "$(log_in app -d scope=admin)" "400 invalid_scope"
is "password of a public client" "$(grant - password -d client_id=open -d username=ann \
	--data-urlencode password="$PASSWORD")" 200

# A token is good only for what it is.
refused "an ID token is no access token" "$(userinfo "$id")" "401 invalid_token"
is "and not active" "$(active app "$id")" false
refused "a refresh token is no access token" "$(userinfo "$refresh")" "401 invalid_token"
refused "an access token is no refresh token" "$(refresh app "$access")" "400 invalid_grant"
refused "an access token is no assertion" "$(bearer app "$access")" "400 invalid_grant"
refused "an ID token is no assertion" "$(bearer app "$id")" "400 invalid_grant"
refused "a client's assertion is no grant" \
	"$(bearer - "$(sign_jose "$TEST_TMP/keyed.jwk" '{"alg":"ES256","kid":"keyed-1"}' \
		"$(keyed_claims)")")" "400 invalid_grant"

# ---- who may what ---------------------------------------------------------------

# ask CLIENT TYPE [CURL ARGUMENT...]: a request that would be good of a client that may.
ask() {
	local client=$1 type=$2
	shift 2
	case $type in
	client_credentials) grant "$client" "$type" "$@" ;;
	password) log_in "$client" "$@" ;;
	refresh_token) refresh "$client" "$refresh" "$@" ;;
	jwt-bearer) bearer "$client" "$(robot)" "$@" ;;
	esac
}

# Each client may use one grant and get one scope: everything else is denied.
add_client only-client_credentials --grant client_credentials --scope 'read report_*'
add_client only-password --grant password --scope 'read report_*'
add_client only-jwt-bearer --grant "$URN_JWT" --scope 'read report_*'
for may in client_credentials password jwt-bearer; do
	for type in client_credentials password refresh_token jwt-bearer; do
		status=$(ask "only-$may" "$type" -d scope=read)
		if [ "$type" = "$may" ]; then
			is "a client for $may may use $type" "$status" 200
			is "and gets a pattern's scope" \
				"$(ask "only-$may" "$type" -d scope=report_9) $(body .scope)" "200 report_9"
			for scope in openid 'read admin' READ report; do
				refused "but not the scope \"$scope\"" \
					"$(ask "only-$may" "$type" -d scope="$scope")" "400 invalid_scope"
			done
		else
			refused "a client for $may may not use $type" "$status" \
				"400 unauthorized_client"
		fi
	done
done

# ---- introspection and revocation ---------------------------------------------

is "a client knows nothing of another's token" "$(active other "$access")" false
is "one that may introspect does" "$(active sees "$access") $(body .username)" "true ann"
is "also of a refresh token" "$(active sees "$refresh")" true
refused "a public client may not introspect" \
	"$(fetch /oauth2/introspect -d client_id=open -d token="$access")" "401 invalid_client"
refused "nor somebody without credentials" "$(fetch /oauth2/introspect -d token="$access")" \
	"401 invalid_client"
refused "another client cannot revoke it" "$(revoke other "$access")" "400 invalid_grant"
good "after that" "$access"
is "its own can" "$(revoke app "$access")" 200
bad "a revoked access token" "$access"
is "its refresh token lives" "$(active app "$refresh")" true
is "refresh" "$(refresh app "$refresh")" 200
next=$(body .access_token)
next_refresh=$(body .refresh_token)
good "refreshed" "$next"
is "the refresh token, revoked" "$(revoke app "$next_refresh")" 200
bad "what came from it" "$next"
refused "and what came before it" "$(refresh app "$refresh")" "400 invalid_grant"
is "an unknown token is revoked" "$(revoke app unknown)" 200

# ---- opaque tokens --------------------------------------------------------------

is "an opaque token" "$(log_in opaque -d scope=openid)" 200
access=$(body .access_token)
like "is opaque" "$access" '^ta_[A-Za-z0-9_-]{64}$'
is "introspection knows it" "$(active opaque "$access") $(body .sub)" "true $ANN"
is "userinfo too" "$(userinfo "$access")" 200
is "an altered one is not known" "$(active opaque "${access%?}$([[ $access == *A ]] && echo B || echo A)")" \
	false
is "it is revoked" "$(revoke opaque "$access") $(active opaque "$access")" "200 false"
refused "userinfo knows that" "$(userinfo "$access")" "401 invalid_token"
is "opaque client credentials" "$(grant opaque client_credentials)" 200
is "are known" "$(active opaque "$(body .access_token)")" true

# ---- JWT bearer -----------------------------------------------------------------

is "a machine user" "$(bearer - "$(robot)" -d scope=openid)" 200
access=$(body .access_token)
is "it is its own client" "$(claims "$access" | jq -r '"\(.sub) \(.client_id)"')" "$ROBOT $ROBOT"
is "no refresh token" "$(jq -r '.refresh_token // "none"' "$TEST_TMP/body")" none
is "an ID token" "$(claims "$(body .id_token)" | jq -r .sub)" "$ROBOT"
is "introspection" "$(active sees "$access") $(body .sub)" "true $ROBOT"
is "userinfo" "$(userinfo "$access")" 200
is "one that was brought by a client" "$(bearer app "$(robot)")" 200
is "for the token endpoint" "$(bearer - "$(robot '.aud += "/oauth2/token"')")" 200
while IFS='|' read -r name filter; do
	refused "$name" "$(bearer - "$(robot "$filter")")" "400 invalid_grant"
done <<-'END'
	for another server|.aud = "https://other.example"
	expired|.exp = .iat - 1
	without exp|del(.exp)
	without iat|del(.iat)
	of the future|.iat += 600 \| .exp += 600
	more than an hour old|.iat -= 4000
	about somebody else|.sub = "somebody"
	of somebody else|.iss = "somebody" \| .sub = "somebody"
END
refused "a wrong signature" "$(bearer - "$(robot | sed 's/\.\(.\)\(.\)\([^.]*\)$/.\2\1\3/')x")" \
	"400 invalid_grant"
while IFS='|' read -r name header; do
	refused "kid: $name" "$(bearer - "$(sign_rs256 "$TEST_TMP/robot.pem" "$header" \
		"$(assertion "$ROBOT" "$ROBOT" "$TALLYSTICK_ISSUER")")")" "400 invalid_grant"
done <<-'END'
	unknown|{"alg":"RS256","kid":"unknown"}
	SQL|{"alg":"RS256","kid":"' OR 1=1 -- "}
	a path|{"alg":"RS256","kid":"../../../dev/null"}
	NUL|{"alg":"RS256","kid":"a\u0000b"}
	missing|{"alg":"RS256"}
END
refused "crit that nobody knows" "$(bearer - "$(sign_rs256 "$TEST_TMP/robot.pem" \
	"$(jq -c '.crit = ["x"] | .x = 1' <<<"$ROBOT_HEADER")" \
	"$(assertion "$ROBOT" "$ROBOT" "$TALLYSTICK_ISSUER")")")" "400 invalid_grant"

is "a trusted issuer's subject" "$(bearer app "$(partner ann)" -d 'scope=openid read')" 200
is "is our user" "$(claims "$(body .access_token)" | jq -r '"\(.sub) \(.client_id)"')" "$ANN app"
good "a trusted issuer's" "$(body .access_token)"
refused "an unknown subject" "$(bearer app "$(partner nobody)")" "400 invalid_grant"
refused "without a client" "$(bearer - "$(partner ann)")" "400 invalid_grant"
refused "of an issuer nobody trusts" \
	"$(bearer app "$(partner ann '.iss = "https://evil.example"')")" "400 invalid_grant"

# ---- what was trusted and is no more -----------------------------------------------

# Within the time that clients and users are remembered, every step refuses.
log_in app -d 'scope=openid read' >/dev/null
access=$(body .access_token)
refresh=$(body .refresh_token)
bearer - "$(robot)" -d scope=openid >/dev/null
machine=$(body .access_token)
log_in other -d 'scope=openid read' >/dev/null
others=$(body .access_token)
others_refresh=$(body .refresh_token)
program user disable ann >/dev/null
program user disable robot >/dev/null
program client disable other >/dev/null
program issuer disable "$PARTNER" >/dev/null
sleep 1.2
bad "of a disabled user" "$access"
refused "a disabled user: password" "$(log_in app)" "400 invalid_grant"
refused "a disabled user: refresh" "$(refresh app "$refresh")" "400 invalid_grant"
refused "a disabled machine user" "$(bearer - "$(robot)")" "400 invalid_grant"
refused "a disabled machine user: its token" "$(userinfo "$machine")" "401 invalid_token"
refused "a disabled issuer" "$(bearer app "$(partner ann)")" "400 invalid_grant"
refused "a disabled client: client credentials" "$(grant other client_credentials)" \
	"401 invalid_client"
refused "a disabled client: refresh" "$(refresh other "$others_refresh")" "401 invalid_client"
is "a disabled client: its token" "$(active sees "$others")" false
program user enable ann >/dev/null
program user enable robot >/dev/null
program client enable other >/dev/null
program issuer enable "$PARTNER" >/dev/null
sleep 1.2
good "enabled again" "$access"
is "enabled again: refresh" "$(refresh app "$refresh")" 200
is "enabled again: machine user" "$(bearer - "$(robot)")" 200
is "enabled again: issuer" "$(bearer app "$(partner ann)")" 200
is "enabled again: client" "$(refresh other "$others_refresh")" 200
program user key remove robot "$(jq -r .keyId "$TEST_TMP/robot.json")" >/dev/null
printf '%s\n' 'another password' >"$TEST_TMP/password"
program user passwd ann --password-file "$TEST_TMP/password" >/dev/null
sleep 1.2
refused "a removed key" "$(bearer - "$(robot)")" "400 invalid_grant"
refused "a password that was changed, though it was remembered" "$(log_in app)" "400 invalid_grant"
PASSWORD='another password'
is "the new one" "$(log_in app)" 200

# ---- another persistence --------------------------------------------------------------

# What was issued under one setting is good, refreshed and ended under every other.
declare -A ACCESS REFRESH
for from in all refresh none; do
	for format in jwt opaque; do
		reload '[tokens]' "persistence = $from" "format = $format"
		for to in all refresh none; do
			log_in app -d 'scope=openid read' >/dev/null
			ACCESS[$from:$format:$to]=$(body .access_token)
			REFRESH[$from:$format:$to]=$(body .refresh_token)
		done
	done
	kind='tr'
	[ "$from" != none ] || kind='ts'
	like "$from: the form of a refresh token" "${REFRESH[$from:jwt:all]}" "^${kind}_"
done
for to in all refresh none; do
	reload '[tokens]' "persistence = $to"
	for from in all:jwt refresh:jwt none:jwt all:opaque none:opaque; do
		name="$from, then $to"
		access=${ACCESS[$from:$to]}
		refresh=${REFRESH[$from:$to]}
		good "$name" "$access"
		is "$name: the refresh token too" "$(active app "$refresh")" true
		is "$name: it is used" "$(refresh app "$refresh")" 200
		next=$(body .access_token)
		next_refresh=$(body .refresh_token)
		is "$name: it is used up" "$(active app "$refresh")" false
		good "$name: the next" "$next"
		is "$name: an access token is revoked" "$(revoke app "$access")" 200
		bad "$name: revoked" "$access"
		is "$name: the family is revoked" "$(revoke app "$next_refresh")" 200
		bad "$name: ended" "$next"
		refused "$name: nor is it refreshed" "$(refresh app "$next_refresh")" \
			"400 invalid_grant"
	done
done
reload

# ---- clients that are not ours -----------------------------------------------------------

ok "the machine user gets another key" program user key add robot --out "$TEST_TMP/robot2.json"
program client enable other >/dev/null
jq -n --arg app "${SECRET[app]}" --arg maced "${SECRET[maced]}" --arg password "$PASSWORD" \
	--arg user_id "$ANN" --slurpfile keyed "$TEST_TMP/keyed.jwk" \
	--slurpfile machine "$TEST_TMP/robot2.json" '{
		app: {client_id: "app", client_secret: $app},
		maced: {client_id: "maced", client_secret: $maced},
		keyed: {client_id: "keyed", jwk: $keyed[0]},
		open: {client_id: "open"},
		login: "ann", password: $password, user_id: $user_id, machine: $machine[0]
	}' >"$TEST_TMP/setup.json"
node_check "oauth4webapi" "npm's jose and oauth4webapi" "$TALLYSTICK_ISSUER" "$TEST_TMP/setup.json"
no_reports

# ---- the same through every web server -----------------------------------------------------

# What differs from answer to answer, and what a web server adds.
steady() {
	sed -E -e 's/("(access_token|refresh_token|id_token|request_id|jti)":")[^"]*/\1…/g' \
		-e 's/("(exp|iat)":)[0-9]+/\1…/g' -e 's/^(X-Request-Id): .*/\1: …/I' \
		-e '/^(Date|Server|Connection|Keep-Alive|HTTP\/)/Id' -e 's/\r//' -e 's/:[0-9]{5}\b/:PORT/g' \
		"$TEST_TMP/head" "$TEST_TMP/body" | sort
}

# say NAME STATUS: the answer, in the same words whoever passed it on.
say() {
	printf '== %s: %s\n' "$1" "$2"
	steady
}

round() {
	say "client credentials" "$(grant app client_credentials)"
	say "password" "$(log_in app -d 'scope=openid read')"
	access=$(body .access_token)
	refresh=$(body .refresh_token)
	say "wrong password" "$(grant app password -d username=ann -d password=wrong)"
	say "no credentials" "$(grant - client_credentials)"
	say "userinfo" "$(userinfo "$access")"
	say "userinfo without a token" "$(fetch /oauth2/userinfo)"
	say "userinfo with a bad one" "$(userinfo x)"
	say "introspection" "$(post /oauth2/introspect app -d token="$access")"
	say "introspection of anything" "$(post /oauth2/introspect app -d token=x)"
	say "refresh" "$(refresh app "$refresh")"
	refresh=$(body .refresh_token)
	say "scope" "$(refresh app "$refresh" -d scope=admin)"
	say "revocation" "$(revoke app "$refresh")"
	say "refresh after that" "$(refresh app "$refresh")"
	say "revocation by GET" "$(fetch /oauth2/revoke)"
}

through() {
	local name=$1
	shift
	up "$name: the stack is up" "${CACHE[@]}" "$@"
	round >"$TEST_TMP/round.$name" 2>&1
	no_reports
}

through lighttpd --server lighttpd
like "lighttpd: the round was made" "$(grep -c '^== .*: 200$' "$TEST_TMP/round.lighttpd")" '^7$'
if have_server "Apache, mod_proxy_fcgi" apache2; then
	through mod_proxy_fcgi --server apache
	ok "Apache gives the same" diff "$TEST_TMP/round.lighttpd" "$TEST_TMP/round.mod_proxy_fcgi"
fi

# ---- secrets --------------------------------------------------------------------------------

printf '%s\n' "$PASSWORD" "${SECRET[@]}" "$access" "$refresh" "$next" "$next_refresh" "$machine" |
	grep . >"$TEST_TMP/secrets"
is "no password, secret or token is in any log" \
	"$(grep -RFl -f "$TEST_TMP/secrets" "$STACK/log")" ""
is "nor in the database" "$(grep -RFl --exclude='.tallystick-*' --exclude='binlog.*' \
	-f "$TEST_TMP/secrets" "$STACK"/database-*)" ""
done_testing
