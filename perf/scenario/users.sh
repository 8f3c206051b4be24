# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# Up to a million machine users: the same 600 of them in turn, and up to a hundred
# thousand of them in turn, of which each is loaded anew unless it comes again
# within users.cache (10 s). Assertions are good for an hour.

TITLE="rate by number of users"
AXIS="users"

slow "a sweep up to a million users"
threads 16
connections 100
rounds_of 5 3

lane some tallystick /oauth2/token forms
lane all  tallystick /oauth2/token forms

ratio all some

FILLED=0
MOST_SIGNED=100000

scenario() {
	stack_up
	fill_durable 0
	add_machines 1 "$WORK/keys"
	points 10000 600 10000 100000 1000000
	sweep "${POINTS[@]}"
	finish
}

at() {
	fill_machines "$FILLED" "$1" "$(cut -d ' ' -f 2 "$WORK/keys")"
	FILLED=$1
	machine_forms "$1" 600 >"$WORK/some"
	machine_forms "$1" "$MOST_SIGNED" >"$WORK/all"
}

# machine_forms USERS MOST: of so many users at most, evenly taken.
machine_forms() {
	local step=$((($1 + $2 - 1) / $2)) grant
	grant=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer
	seq 0 "$step" $(($1 - 1)) | sed 's/.*/fill-& key-&/' >"$WORK/pairs"
	assertions "$WORK/pairs" | sed "s/^/grant_type=$grant\&scope=profile\&assertion=/"
}

lane_env() {
	post_forms "$WORK/$1"
}
