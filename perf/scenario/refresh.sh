# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# Every refresh token is used once. With "none" it is sealed, and used up by a
# mark in Redis (on disk at once); with "all" both tokens and the use are rows,
# in one commit.

TITLE="refresh"

threads 32
connections 16 100
setting passwords.cache=1h

lane client tallystick /oauth2/token form
lane none   tallystick /oauth2/token refresh
lane all    tallystick /oauth2/token refresh

target none client 0.65
target all  client 0.45

prepare() {
	add_client none --grant password --grant refresh_token --persistence none
	add_client all --grant password --grant refresh_token --persistence all
	add_user alice
}

lane_env() {
	case ${1%-against} in
	client) post_form grant_type=client_credentials "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" ;;
	*) post_form "$(login_form alice)" "${1%-against}" "${SECRET[${1%-against}]}" ;;
	esac
}
