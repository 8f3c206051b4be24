# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# Ten clients to a hundred thousand: the same ten of them in turn, and all of them
# in turn, of which each is loaded anew once there are more than
# clients.cache-size (10000), or than come again within clients.cache (10 s).

TITLE="rate by number of clients"
AXIS="clients"

slow "a sweep up to a hundred thousand clients"
threads 16
connections 100
rounds_of 5 3

lane ten tallystick /oauth2/token forms
lane all tallystick /oauth2/token forms

ratio all ten

FILLED=0
THEIR_SECRET=a-secret-that-all-of-these-clients-have

scenario() {
	stack_up
	fill_durable 0
	points 10000 10 100 1000 10000 100000
	sweep "${POINTS[@]}"
	finish
}

at() {
	fill_clients "$FILLED" "$1" "$THEIR_SECRET"
	FILLED=$1
	client_forms 10 >"$WORK/ten"
	client_forms "$1" >"$WORK/all"
}

client_forms() {
	seq -f "grant_type=client_credentials&client_id=fill-%.0f&client_secret=$THEIR_SECRET" \
		0 $(($1 - 1)) | shuf --random-source=<(yes)
}

lane_env() {
	post_forms "$WORK/$1"
}
