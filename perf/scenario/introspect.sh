# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# 600 tokens in turn. Whether one was revoked is asked of the database each time.

TITLE="introspection of JWTs"

threads 16

ceiling verify sha256 es256-verify

lane verify verify     /oauth2/ceiling/verify forms
lane real   tallystick /oauth2/introspect     forms

target real verify 0.70

prepare() {
	add_client resource --grant client_credentials --introspect
	access_tokens 600 | sed 's/^/token=/' >"$WORK/forms"
}

lane_env() {
	post_forms "$WORK/forms" resource "${SECRET[resource]}"
}
