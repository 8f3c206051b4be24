# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# Does the rate grow with the processes? Up to twice as many as there are cores,
# which web server, database and load generator want as well.

TITLE="rate by number of processes"
AXIS="processes"

slow "a sweep, with the pool started anew at each point"
threads 8
connections 100
rounds_of 5 2

ceiling sign sha256 es256

lane sign   sign       /oauth2/ceiling/sign form
lane none   tallystick /oauth2/token        form
lane all    tallystick /oauth2/token        form

ratio none sign

scenario() {
	local n points=()
	for ((n = 1; n <= 2 * $(getconf _NPROCESSORS_ONLN); n += n < 4 ? 1 : n / 2)); do
		points+=("$n")
	done
	PROCESSES=1
	stack_up
	add_client kept --grant client_credentials --persistence all
	sweep "${points[@]}"
	finish
}

at() {
	PROCESSES=$1
	pools_again
}

lane_env() {
	case $1 in
	all) post_form grant_type=client_credentials kept "${SECRET[kept]}" ;;
	*) post_form grant_type=client_credentials "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" ;;
	esac
}
