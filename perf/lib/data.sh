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

# What lane_env says begins with this: a GET without anything.
send_nothing() {
	export PERF_METHOD=GET PERF_FORM='' PERF_FORMS='' PERF_AUTHORIZATION='' PERF_TYPE='' \
		PERF_KEY='' PERF_ACCEPT='' PERF_LIST='' PERF_ENTRIES='' PERF_BATCH=''
}

# The same form each time, by a client or by none.
# post_form FORM [CLIENT_ID SECRET]
post_form() {
	send_nothing
	PERF_METHOD=POST PERF_FORM=$1
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

# ---- status lists --------------------------------------------------------------

declare -A POOL_KEY # of each pool that was added here

# The settings under which the reference system was measured; and, where wrk asks
# for a list every other second, the lists for it.
PUBLISHED_POOL=(size=50000 bits=1 precreation-lists=1 precreation-check-delay=40s
	prefetch-threshold=1000 prefetch-capacity=10000)
HURRIED_POOL=(size=50000 bits=1 precreation-lists=4 precreation-check-delay=1s
	prefetch-threshold=1000 prefetch-capacity=10000)

# add_pool NAME DIRECTIVE=VALUE...: and waits until it hands out references.
add_pool() {
	local name=$1 options=() setting
	shift
	for setting; do
		options+=(--set "$setting")
	done
	POOL_KEY[$name]=$(tallystick pool add "${options[@]}" --json "$name" | jq -er .api_key) ||
		die "pool $name was not added"
	wait_for 20 pool_answers "$name" || die "pool $name hands out no references"
}

pool_answers() {
	[ -n "$(new_list "$1")" ] && return
	sleep 1	# a key that is not known yet counts as a guess, of which there are only so many
	return 1
}

# new_list POOL: the URI of the list that a new reference is of.
new_list() {
	curl -sS --noproxy '*' --max-time 5 --header "X-Api-Key: ${POOL_KEY[$1]}" --data '' \
		"$TALLYSTICK_URL/pools/$1/new-references" | jq -r '.references[0].uri // empty'
}

# set_some POOL LIST ENTRIES COUNT: so many of a list's entries, at random, get
# status 1.
set_some() {
	local part
	shuf -i "0-$(($3 - 1))" -n "$4" | split -l 1000 -a 4 - "$WORK/some."
	for part in "$WORK"/some.*; do
		jq -Rcn --arg uri "$2" '{statusListReferences: [inputs | {uri: $uri,
			index: tonumber}], value: 1}' "$part" |
			curl -sS --noproxy '*' --fail --request PATCH --data @- \
				--header "X-Api-Key: ${POOL_KEY[$1]}" \
				--header 'Content-Type: application/json' \
				"$TALLYSTICK_URL/status-lists/batch-update"
		rm "$part"
	done
}

# ask_pool POOL: for a reference.
ask_pool() {
	send_nothing
	PERF_METHOD=POST PERF_KEY=${POOL_KEY[$1]}
}

# update_list POOL LIST ENTRIES [BATCH]: with wrk/updates.lua; the body here is an
# example of its requests.
update_list() {
	send_nothing
	PERF_METHOD=PATCH PERF_KEY=${POOL_KEY[$1]} PERF_TYPE=application/json
	PERF_LIST=$2 PERF_ENTRIES=$3 PERF_BATCH=${4:-}
	PERF_FORM='{"uri":"'$2'","index":0,"value":0}'
	[ $# = 3 ] || PERF_FORM='{"statusListReferences":[{"uri":"'$2'","index":0}],"value":0}'
}
