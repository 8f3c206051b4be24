# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# A status is set, at a random index to a random value, and is on disk in Redis
# (appendfsync always) when it is answered; the ceiling does a SETBIT there and no
# more. And a thousand of them in one request: "batch" counts statuses.

TITLE="status updates"

threads 64
connections 10 100

ceiling setbit setbit

lane setbit setbit     /oauth2/ceiling/setbit     updates
lane update tallystick /status-lists/update       updates
lane batch  tallystick /status-lists/batch-update updates

units batch 1000

target update setbit 0.80
target batch  update 20

status_pool perf-delay "${PUBLISHED_POOL[@]}"

prepare() {
	LIST=$(new_list perf-delay)
}

lane_env() {
	case ${1%-against} in
	batch) update_list perf-delay "$LIST" 50000 1000 ;;
	*) update_list perf-delay "$LIST" 50000 ;;
	esac
}
