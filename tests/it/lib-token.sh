# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of grants and tokens share. Sourced after lib-stack.sh.
#
#	add_client app --grant password --scope 'read openid'
#	is "a login" "$(grant app password -d username=ann -d password=...)" 200
#	access=$(body .access_token)
#	is "it is active" "$(active app "$access")" true

declare -A SECRET
# shellcheck disable=SC2034 # for the scripts
URN_JWT=urn:ietf:params:oauth:grant-type:jwt-bearer
# shellcheck disable=SC2034
URN_ASSERTION=urn:ietf:params:oauth:client-assertion-type:jwt-bearer

# add_client ID [OPTION...]: its secret is known to "post" from then on.
add_client() {
	local id=$1
	shift
	if ! program client add --id "$id" "$@" --json >"$TEST_TMP/client" 2>"$TEST_TMP/why"; then
		bail "client $id is added" "$(cat "$TEST_TMP/why")"
	fi
	SECRET[$id]=$(jq -r '.client_secret // empty' "$TEST_TMP/client")
}

# add_user LOGIN PASSWORD: prints its user_id.
add_user() {
	printf '%s\n' "$2" >"$TEST_TMP/password"
	program user add "$1" --name "${1^}" --password-file "$TEST_TMP/password" --json |
		jq -er .user_id
}

# post PATH CLIENT [CURL ARGUMENT...]: prints the status. CLIENT "-": nobody's.
post() {
	local path=$1 client=$2
	shift 2
	if [ "$client" = - ]; then
		fetch "$path" -X POST "$@"
	else
		printf 'user = "%s:%s"\n' "$client" "${SECRET[$client]}" |
			fetch "$path" --config - -X POST "$@"
	fi
}

# grant CLIENT TYPE [CURL ARGUMENT...]: prints the status of a request for a token.
grant() {
	local client=$1 type=$2
	shift 2
	post /oauth2/token "$client" --data-urlencode grant_type="$type" "$@"
}

# refresh CLIENT TOKEN [CURL ARGUMENT...]
refresh() {
	local client=$1 token=$2
	shift 2
	grant "$client" refresh_token -d refresh_token="$token" "$@"
}

# active CLIENT TOKEN: what introspection says; the status when it says nothing.
active() {
	local status
	status=$(post /oauth2/introspect "$1" -d token="$2")
	if [ "$status" = 200 ]; then
		jq -r .active "$TEST_TMP/body"
	else
		echo "$status"
	fi
}

# userinfo TOKEN: prints the status.
userinfo() {
	fetch /oauth2/userinfo -H "Authorization: Bearer $1"
}

# revoke CLIENT TOKEN: prints the status.
revoke() {
	post /oauth2/revoke "$1" -d token="$2"
}

# refused NAME STATUS ERROR: the last answer is this refusal, in due form.
refused() {
	is "$1" "$2 $(jq -r '.error // "no error"' "$TEST_TMP/body" 2>/dev/null)" "$3"
}

# claims TOKEN: the payload of a JWT; nothing is verified.
claims() {
	local text
	text=$(cut -d. -f2 <<<"$1" | tr -- '-_' '+/')
	while [ $((${#text} % 4)) != 0 ]; do
		text+="="
	done
	base64 -d <<<"$text"
}

b64url() {
	base64 -w 0 | tr -d '=' | tr '+/' '-_'
}

# sign_rs256 KEY.pem HEADER CLAIMS: a JWT.
sign_rs256() {
	local input
	input=$(printf '%s' "$2" | b64url).$(printf '%s' "$3" | b64url)
	printf '%s.%s' "$input" "$(printf '%s' "$input" | openssl dgst -sha256 -sign "$1" | b64url)"
}

# sign_hs256 SECRET HEADER CLAIMS
sign_hs256() {
	local input key
	input=$(printf '%s' "$2" | b64url).$(printf '%s' "$3" | b64url)
	key=$(printf '%s' "$1" | od -An -vtx1 | tr -d ' \n')
	printf '%s.%s' "$input" "$(printf '%s' "$input" |
		openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | b64url)"
}

# sign_jose KEY.jwk HEADER CLAIMS
sign_jose() {
	printf '%s' "$3" | jose jws sig -I- -k "$1" -s "{\"protected\":$2}" -c -o-
}

# assertion ISS SUB AUD [JTI]: claims of a JWT that is good for a minute.
assertion() {
	jq -nc --arg iss "$1" --arg sub "$2" --arg aud "$3" --arg jti "${4:-}" \
		'now | floor as $now | {iss: $iss, sub: $sub, aud: $aud, iat: $now, exp: ($now + 60)}
			+ if $jti == "" then {} else {jti: $jti} end'
}

# ---- the pool ---------------------------------------------------------------

# reload LINE...: the stack's configuration with these lines behind it is taken
# over by every process.
reload() {
	local said='configuration reloaded from' before mark='# by reload:'
	before=$(grep -c "$said" "$TALLYSTICK_LOG")
	sed -i "/^$mark/,\$d" "$TALLYSTICK_CONF"
	printf '%s\n' "$mark" "$@" >>"$TALLYSTICK_CONF"
	stack kill pool --signal HUP
	wait_until 20 said_often "$said" $((before + $(stack pids pool | wc -l)))
}

# said_often REGEX N: the service's log has it so often by now.
said_often() {
	[ "$(grep -Ec -e "$1" "$TALLYSTICK_LOG")" -ge "$2" ]
}

pool_is_gone() {
	[ -z "$(stack pids pool)" ]
}

is_ready() {
	[ "$(fetch /health/ready)" = 200 ]
}

# tokens_start KINDS RECORD: a load of tokens.py (see there) of a minute at most.
# Returns once the first token was answered.
tokens_start() {
	: >"$TEST_TMP/load"
	run_bg python3 -B "$HERE/tokens.py" load "$TALLYSTICK_URL" 60 12 "$1" "$2" \
		>"$TEST_TMP/load" 2>"$TEST_TMP/load.errors"
	LOAD_PID=$BG_PID
	wait_until 30 grep -q running "$TEST_TMP/load"
}

tokens_end() {
	kill -TERM "$LOAD_PID"
	load_end
}
