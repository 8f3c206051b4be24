# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# 600 machine users, each with an assertion that is good for the whole run;
# without and with an ID token, which is a second signature. Between two runs of
# a lane the cache of users would forget all of them: not so under steady load.

TITLE="JWT bearer, RS256 assertions of 600 machine users"

setting users.cache=60s

ceiling one rs256-verify es256
ceiling two rs256-verify es256 es256

lane one    one        /oauth2/ceiling/one forms
lane real   tallystick /oauth2/token       forms
lane two    two        /oauth2/ceiling/two forms
lane openid tallystick /oauth2/token       forms

target real   one 0.85
target openid two 0.85

prepare() {
	add_machines 600 "$WORK/keys"
	assertions "$WORK/keys" | sed 's/^/assertion=/' >"$WORK/assertions"
	write_forms profile >"$WORK/real"
	write_forms openid >"$WORK/openid"
}

# write_forms SCOPE
write_forms() {
	local grant=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer
	sed "s/^/grant_type=$grant\&scope=$1\&/" "$WORK/assertions"
}

lane_env() {
	case ${1%-against} in
	two | openid) post_forms "$WORK/openid" ;;
	*) post_forms "$WORK/real" ;;
	esac
}
