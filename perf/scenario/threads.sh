# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# How many threads are best? Few where nothing waits; more where a thread waits for
# a commit, which those who wait together share.

TITLE="rate by number of threads"
AXIS="threads of each process"

slow "a sweep, with the pool started anew at each point"
connections 100
rounds_of 5 2
setting passwords.cache=1h

lane none    tallystick /oauth2/token form
lane all     tallystick /oauth2/token form
lane refresh tallystick /oauth2/token refresh

scenario() {
	stack_up
	add_client kept --grant client_credentials --persistence all
	add_client app --grant password --grant refresh_token --persistence none
	add_user alice
	points 32 1 2 4 8 16 32 64 128
	sweep "${POINTS[@]}"
	finish
}

at() {
	THREADS=$1
	pools_again
}

lane_env() {
	case $1 in
	all) post_form grant_type=client_credentials kept "${SECRET[kept]}" ;;
	refresh) post_form "$(login_form alice)" app "${SECRET[app]}" ;;
	*) post_form grant_type=client_credentials "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" ;;
	esac
}
