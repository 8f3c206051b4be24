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

WITH_START=1

lane_env() {
	post_form grant_type=client_credentials "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET"
}
