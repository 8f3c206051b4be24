# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# Nothing is remembered: every login is a hash. The ceiling hashes, one at a time
# in each process: so it reaches cores ÷ time of a hash, where there are as many
# processes as cores. Half of the threads may wait with a login; so there are
# more of them than connections.

TITLE="password, hashed each time"

threads 64
connections 16
setting passwords.cache=0s
setting passwords.queue=64

ceiling argon2id argon2id

lane argon2id argon2id   /oauth2/ceiling/argon2id form
lane real     tallystick /oauth2/token            form

target real argon2id 0.90

prepare() {
	add_client logins --grant password --persistence none
	add_user alice
}

lane_env() {
	post_form "$(login_form alice)" logins "${SECRET[logins]}"
}
