# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# SPDX-License-Identifier: Apache-2.0
# A list of 50 000 entries, one in a hundred of them set, as the web server hands
# it out by itself, against a plain file of the same size; and as Tallystick answers
# what needs judgement (here: a preference), against an empty answer of that size.

TITLE="fetching a status list"

connections 10 100

ceiling empty

lane empty   empty      /oauth2/ceiling/empty request
lane handler tallystick LIST                  request
lane plain   web        /perf.jwt             request
lane static  web        LIST                  request

target static  plain 0.95
target handler empty 0.80

status_pool perf-delay "${PUBLISHED_POOL[@]}" publish=immediate

prepare() {
	local uri
	uri=$(new_list perf-delay)
	set_some perf-delay "$uri" 50000 500
	LANE_PATH[handler]=${uri#"$TALLYSTICK_URL"}
	LANE_PATH[static]=${LANE_PATH[handler]}
	wait_for 20 is_published || die "the list is not published with its updates"
	install -D -m 644 "$TALLYSTICK_STATUS_DIRECTORY/jwt/${uri##*/}" \
		"${TALLYSTICK_FCGI_SOCKET%/*}/htdocs/perf.jwt"
}

# An empty list has some 490 bytes.
is_published() {
	local size
	lane_env static
	size=$(fetch "${LANE_PATH[static]}" '%{size_download}') && [ "$size" -gt 800 ]
}

lane_env() {
	send_nothing
	[ "${1%-against}" != handler ] || PERF_ACCEPT="application/statuslist+jwt;q=0.9"
}
