# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# Every access token in the database before it is answered, on disk in InnoDB
# and in the binary log, against the same without a row. A request that waits
# for a commit occupies a thread: the more there are, the more share one.

TITLE="client_credentials, every token kept"

threads 32
connections 16 100

lane none   tallystick /oauth2/token form
lane real   tallystick /oauth2/token form

target real none 0.75

prepare() {
	add_client kept --grant client_credentials --persistence all
}

lane_env() {
	case ${1%-against} in
	none) post_form grant_type=client_credentials "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" ;;
	*) post_form grant_type=client_credentials kept "${SECRET[kept]}" ;;
	esac
}
