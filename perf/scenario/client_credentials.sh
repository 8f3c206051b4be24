# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
# The client's secret is hashed in the database, the client comes out of the
# cache, and no row is written for the token.

TITLE="client_credentials, nothing stored"

ceiling empty
ceiling sign sha256 es256

lane empty  empty      /oauth2/ceiling/empty form
lane sign   sign       /oauth2/ceiling/sign  form
lane real   tallystick /oauth2/token         form

target real sign 0.90

lane_env() {
	export PERF_FORM=grant_type=client_credentials
	PERF_AUTHORIZATION="Basic $(basic "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET")"
	export PERF_AUTHORIZATION
}
