#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The token endpoint and its neighbours through each web server, and straight
# over FastCGI: the requests of token_matrix.py, good and bad. What Tallystick
# answers is the same through every web server, byte for byte.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

command -v python3 >/dev/null || missing_all "python3 is there" "python3"

# matrix NAME HOW WHERE: a test for each line.
matrix() {
	local name=$1 folder=$TEST_TMP/$1 case result
	mkdir "$folder"
	if ! python3 -B "$HERE/token_matrix.py" "$2" "$3" "$folder" "$TALLYSTICK_LOG" \
		>"$folder.results" 2>"$folder.errors"; then
		fail "$name: the matrix runs to its end" "$(tail -n 20 "$folder.errors")"
	fi
	while IFS=$'\t' read -r case result; do
		is "$name: $case" "$result" ok
	done <"$folder.results"
}

# same_answers NAME CASE CASE
same_answers() {
	ok "$1: the answers to \"$2\" and \"$3\" are the same" \
		cmp "$TEST_TMP/$1/${2//[^a-zA-Z0-9]/_}.answer" "$TEST_TMP/$1/${3//[^a-zA-Z0-9]/_}.answer"
}

# no_secrets NAME: in any log, of whichever part. (-R: one may be a link.)
no_secrets() {
	local found
	found=$(grep -RFl -f "$TEST_TMP/$1/secrets" "$STACK/log")
	is "$1: no secret and no token in any log" "$found" ""
	found=$(grep -RFc -e "client $DEMO_CLIENT_ID" "$STACK/log/tallystick.log")
	like "$1: (but the client's name is)" "$found" '^[1-9]'
}

through() {
	local name=$1
	shift
	up "$name: the stack is up" --set log.level=info "$@"
	matrix "$name" http "${TALLYSTICK_URL##*:}"
	like "$name: the credentials are passed on" \
		"$(tail -n 1 "$TEST_TMP/$name/ready_sees_the_credentials.answer")" '"passed on"'
	# Of a client only what it may see: there is no way to try who exists.
	same_answers "$name" "unknown client" "wrong secret"
	same_answers "$name" "unknown client" "unknown client post"
	same_answers "$name" "unknown client" "wrong secret post"
	no_secrets "$name"
}

same_as() {
	local first=$1 name=$2
	if [ ! -d "$TEST_TMP/$first" ] || [ ! -d "$TEST_TMP/$name" ]; then
		skip "$name and $first give the same bytes" "one of them is not there"
		return
	fi
	is "$name and $first give the same bytes" \
		"$(diff -r -x secrets "$TEST_TMP/$first" "$TEST_TMP/$name" | cut -c 1-200)" ""
}

if have_server lighttpd lighttpd; then
	through lighttpd --server lighttpd
	matrix fastcgi fastcgi "$TALLYSTICK_FCGI_SOCKET"
	no_secrets fastcgi
	no_reports
fi
if have_server "Apache, mod_proxy_fcgi" apache2; then
	through mod_proxy_fcgi --server apache
	no_reports
	if have_fcgid "Apache, mod_fcgid"; then
		through mod_fcgid --server apache --apache-module fcgid
		no_reports
	fi
fi
same_as lighttpd mod_proxy_fcgi
same_as lighttpd mod_fcgid

# The secret is kept as a digest. (The demo client's file is the stack's own.)
is "the secret is nowhere in the database" \
	"$(grep -RFl --exclude='.tallystick-*' -e "$DEMO_CLIENT_SECRET" "$STACK"/database-*)" ""

# ---- TLS ------------------------------------------------------------------

for server in lighttpd apache; do
	program=$server
	[ "$server" = lighttpd ] || program=apache2
	have_server "$server with TLS" "$program" || continue
	up "$server: the stack is up with TLS" --server "$server" --tls
	is "$server: a token over TLS" "$(token)" 200
	fetch /.well-known/oauth-authorization-server >/dev/null
	is "$server: the issuer is https" "$(body .issuer)" "$TALLYSTICK_ISSUER"
	like "$server: and so is its URL" "$TALLYSTICK_ISSUER" '^https://'
	unset TALLYSTICK_CA_FILE
	is "$server: an unknown authority is refused" "$(token)" 000
done
done_testing
