# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# A password that was verified a moment ago; with a refresh token, which is
# sealed, and no row.

TITLE="password, verified lately, nothing stored"

lane client tallystick /oauth2/token form
lane real   tallystick /oauth2/token form

target real client 0.85

prepare() {
	add_client logins --grant password --grant refresh_token --persistence none
	add_user alice
}

lane_env() {
	case ${1%-against} in
	client) post_form grant_type=client_credentials "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" ;;
	*) post_form "$(login_form alice)" logins "${SECRET[logins]}" ;;
	esac
}
