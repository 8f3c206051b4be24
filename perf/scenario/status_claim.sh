# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# What a reference to a status list in each access token costs.

TITLE="client_credentials with a status in the token"

threads 8
connections 16 100

lane off tallystick /oauth2/token form
lane on  tallystick /oauth2/token form

target on off 0.97

prepare() {
	add_client off --grant client_credentials --persistence none --status off
	add_client on --grant client_credentials --persistence none --status on
	wait_for 20 has_status || die "the tokens carry no status"
}

has_status() {
	local token
	token=$(access_tokens 1 on | cut -d . -f 2 | tr -- -_ +/)
	while [ $((${#token} % 4)) != 0 ]; do token+="="; done
	base64 -d <<<"$token" | jq -e .status >/dev/null 2>&1
}

lane_env() {
	local name=${1%-against}
	post_form grant_type=client_credentials "$name" "${SECRET[$name]}"
}
