# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# One new reference, of a pool that delays when no index is reserved and of one
# that fails then; and 25 at once, which counts references. An entry is taken from
# memory: Redis hears of it once in a block. The settings are those of the reference
# system, but for lists made in time for so many.

TITLE="new references"

connections 10 100

ceiling empty

lane empty empty      /oauth2/ceiling/empty                      request
lane delay tallystick /pools/perf-delay/new-references           request
lane fail  tallystick /pools/perf-fail/new-references            request
lane bulk  tallystick "/pools/perf-delay/new-references?amount=25" request

units bulk 25

target delay empty 0.85
target fail  empty 0.85
ratio  bulk  delay

status_pool perf-delay "${HURRIED_POOL[@]}" prefetch-on-underflow=delay
status_pool perf-fail "${HURRIED_POOL[@]}" prefetch-on-underflow=fail

lane_env() {
	case ${1%-against} in
	fail) ask_pool perf-fail ;;
	*) ask_pool perf-delay ;;
	esac
}
