# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2004
# SPDX-License-Identifier: Apache-2.0
# Clients, users and requests for a scenario. Sourced by perf/run.

declare -A SECRET # of each client that was added here

PASSWORD="correct horse battery staple"

tallystick() {
	"$TALLYSTICK" --config "$TALLYSTICK_CONF" "$@"
}

# add_client ID OPTION...
add_client() {
	SECRET[$1]=$(tallystick client add --id "$1" --scope "read openid" \
		--default-scope read --json "${@:2}" | jq -r .client_secret)
}

# add_user LOGIN: with $PASSWORD.
add_user() {
	say "$PASSWORD" | tallystick user add --password-file - "$1" >/dev/null
}

# add_machines COUNT FILE: machine users that share one key pair, as those of
# the load that they stand for; FILE gets a line "user_id key_id" for each.
add_machines() {
	local i
	openssl genrsa -out "$WORK/machine.key" 2048 2>/dev/null
	openssl rsa -in "$WORK/machine.key" -pubout -out "$WORK/machine.pub" 2>/dev/null
	for ((i = 1; i <= $1; i++)); do
		tallystick user add --machine --json "machine-$i" | jq -r .user_id
	done >"$WORK/machines"
	tallystick user key add --public-key "$WORK/machine.pub" --json - <"$WORK/machines" |
		jq -r '.[] | "\(.user_id) \(.key_id)"' >"$2"
}

b64url() {
	base64 -w 0 | tr -d = | tr +/ -_
}

# assertion USER_ID KEY_ID: signed by other means than ours, for an hour.
assertion() {
	local now=$EPOCHSECONDS text
	text=$(printf '{"alg":"RS256","kid":"%s"}' "$2" | b64url).$(
		printf '{"iss":"%s","sub":"%s","aud":"%s","iat":%d,"exp":%d}' \
			"$1" "$1" "$TALLYSTICK_ISSUER" "$now" $((now + 3600)) | b64url
	)
	say "$text.$(printf '%s' "$text" | openssl dgst -sha256 -sign "$WORK/machine.key" | b64url)"
}

# access_tokens COUNT: that many of the demo client, one per line.
access_tokens() {
	curl -sS --noproxy '*' --user "$DEMO_CLIENT_ID:$DEMO_CLIENT_SECRET" \
		--data grant_type=client_credentials \
		"$TALLYSTICK_URL/oauth2/token#[1-$1]" | jq -r .access_token
}

# What lane_env says: the same form each time, by a client or by none.
# post_form FORM [CLIENT_ID SECRET]
post_form() {
	export PERF_FORM=$1 PERF_FORMS='' PERF_AUTHORIZATION=''
	[ $# = 1 ] || PERF_AUTHORIZATION="Basic $(printf '%s' "$2:$3" | base64 -w 0)"
}

# The forms of a file in turn.
# post_forms FILE [CLIENT_ID SECRET]
post_forms() {
	local first
	read -r first <"$1"
	post_form "$first" "${@:2}"
	PERF_FORMS=$1
}

login_form() {
	say "grant_type=password&username=$1&password=${PASSWORD// /+}"
}
