# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2004
# SPDX-License-Identifier: Apache-2.0
# Clients, users and requests for a scenario, or for the plans. Sourced by perf/run
# and perf/prepare.

declare -A SECRET # of each client that was added here

PASSWORD="correct horse battery staple"

tallystick() {
	"$TALLYSTICK" --config "$TALLYSTICK_CONF" "$@"
}

# add_client ID OPTION...
add_client() {
	SECRET[$1]=$(tallystick client add --id "$1" --scope "read openid" \
		--default-scope read --json "${@:2}" | jq -er .client_secret) ||
		die "client $1 was not added"
}

# add_user LOGIN: with $PASSWORD.
add_user() {
	say "$PASSWORD" | tallystick user add --password-file - "$1" >/dev/null
}

# Machine users who share one key pair, $WORK/machine.key, as those of the load
# that they stand for; FILE gets a line "user_id key_id" for each.
# add_machines COUNT FILE
add_machines() {
	add_machine_users "$1" machine-
	add_machine_keys "$2"
}

# add_machine_users COUNT PREFIX
add_machine_users() {
	seq -f "$2%.0f" "$1" | tallystick user add - --machine --json |
		jq -r '.[].user_id' >"$WORK/machines"
}

# add_machine_keys FILE
add_machine_keys() {
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
		-out "$WORK/machine.key" 2>/dev/null
	openssl pkey -in "$WORK/machine.key" -pubout -out "$WORK/machine.pub"
	tallystick user key add --public-key "$WORK/machine.pub" --json - <"$WORK/machines" |
		jq -r '.[] | "\(.user_id) \(.key_id)"' >"$1"
}

# assertions FILE: a JWT for each line "user_id key_id", good for an hour.
assertions() {
	"$BUILD/perf/assertions" "$WORK/machine.key" "$TALLYSTICK_ISSUER" <"$1"
}

# access_tokens COUNT [CLIENT]: that many of a client that was added here, or of the
# demo client, one per line.
access_tokens() {
	local who=$DEMO_CLIENT_ID:$DEMO_CLIENT_SECRET
	[ $# = 1 ] || who=$2:${SECRET[$2]}
	curl -sS --noproxy '*' --user "$who" \
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
