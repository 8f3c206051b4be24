#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A server that wants the password itself (an IAM token) gets it over TLS only;
# and what database.password-command does wrong is told.
#
# TALLY_IT_LOADER  words in front of the program, for another system's libraries
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
read -ra loader <<<"${TALLY_IT_LOADER:-}"
program=${TALLYSTICK_PROGRAM:-${TALLY_BUILDDIR:?}/tallystick}
# The length and the characters of a token.
token="db.example.com:3306/?Action=connect&X-Amz-Signature=$(printf %01400d 7)"

# For the name localhost, not for any address.
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$TEST_TMP/key.pem" -out "$TEST_TMP/cert.pem"
}

# try_login TLS COMMAND [LINE...]: the exit status; what it said is in $TEST_TMP/said,
# what the server got is in $TEST_TMP/got.
try_login() {
	: >"$TEST_TMP/got"
	cat >"$TEST_TMP/conf" <<-END
		[server]
		issuer = https://issuer.example
		[database]
		host = localhost
		port = $port
		tls = $1
		tls-ca-file = $TEST_TMP/cert.pem
		connect-timeout = 1s
		password-command = $2
	END
	printf '%s\n' "${@:3}" >>"$TEST_TMP/conf"
	"${loader[@]}" "$program" --config "$TEST_TMP/conf" client list \
		>"$TEST_TMP/said" 2>&1 </dev/null
	echo $?
}

said() {
	cat "$TEST_TMP/said"
}

got() {
	wait_until 5 grep -q . "$TEST_TMP/got"
	cat "$TEST_TMP/got"
}

log=$(make_certificate 2>&1) || bail "a certificate is made" "$log"
run_bg python3 -B "$TALLY_SRCDIR/tests/it/clear_server.py" \
	"$TEST_TMP/cert.pem" "$TEST_TMP/key.pem" "$TEST_TMP/got" >"$TEST_TMP/port"
wait_until 10 grep -q . "$TEST_TMP/port" || bail "the server starts"
port=$(cat "$TEST_TMP/port")
printf '%s\n' "$token" >"$TEST_TMP/token"

for tls in verify on; do
	is "tls = $tls: the server refuses" "$(try_login $tls "cat $TEST_TMP/token")" 3
	is "tls = $tls: it got the token, encrypted" "$(got)" "encrypted $token"
	like "tls = $tls: the operator is told" "$(said)" \
		'Not today \(error 1045\);.*check database.user and .*password-command'
	unlike "tls = $tls: the token is not shown" "$(said)" Amz-Signature
done
is "tls = off: no login" "$(try_login off "cat $TEST_TMP/token")" 3
is "tls = off: the server got nothing" "$(got)" "plain none"
like "tls = off: the operator is told" "$(said)" '(password itself: set|mysql_clear_password needs) database\.tls'
unlike "tls = off: nothing of the login is shown" "$(said)" '\\x'

is "a command that fails: no login" "$(try_login verify "echo no credentials >&2; exit 7")" 3
like "a command that fails: the operator is told" "$(said)" \
	'password-command ended with status 7: no credentials; server localhost:'
is "a command without an end: no login" "$(try_login verify "sleep 60")" 3
like "a command without an end: the operator is told" "$(said)" \
	'password-command did not end within 1000 ms; server'
is "a command that says nothing: no login" "$(try_login verify true)" 3
like "a command that says nothing: the operator is told" "$(said)" \
	'password-command printed no password'
is "a command that says too much: no login" "$(try_login verify "printf '%05000d' 1")" 3
like "a command that says too much: the operator is told" "$(said)" \
	'password-command printed more than 4096 bytes'
is "a file besides the command: refused" \
	"$(try_login verify "cat $TEST_TMP/token" "password-file = $TEST_TMP/token")" 1
like "a file besides the command: the operator is told" "$(said)" \
	'database.password-command: expected database.password-file or .*, found both'
is "nothing of it has reached the server" "$(cat "$TEST_TMP/got")" ""

# conf/rds/database-token, with a command line of AWS that counts.
mkdir "$TEST_TMP/bin" "$TEST_TMP/other"
cat >"$TEST_TMP/bin/aws" <<END
#!/bin/sh
echo "\$AWS_REGION \$*" >>"$TEST_TMP/aws"
[ ! -e "$TEST_TMP/aws-fails" ] || { echo "no credentials" >&2; exit 255; }
cat "$TEST_TMP/token"
END
chmod +x "$TEST_TMP/bin/aws"

token_command() {
	PATH=$TEST_TMP/bin:$PATH TMPDIR=$1 "$TALLY_SRCDIR/conf/rds/database-token" "${@:2}" 2>&1
}

host=db.abcdefghijkl.eu-central-1.rds.amazonaws.com
is "database-token: prints the token" "$(token_command "$TEST_TMP" "$host")" "$token"
is "database-token: asks for it" "$(cat "$TEST_TMP/aws")" \
	"eu-central-1 rds generate-db-auth-token --hostname $host --port 3306 --username tallystick"
is "database-token: prints it again" "$(token_command "$TEST_TMP" "$host")" "$token"
is "database-token: without asking again" "$(wc -l <"$TEST_TMP/aws")" 1
is "database-token: nobody else reads it" \
	"$(find "$TEST_TMP"/tallystick-rds-* ! -type d -printf '%m ' -o -printf '%m ')" "700 600 "
touch -d '11 minutes ago' "$TEST_TMP"/tallystick-rds-*/*
: >"$TEST_TMP/aws-fails"
like "database-token: an old one is not used" "$(token_command "$TEST_TMP" "$host")" \
	'^no credentials$'
rm "$TEST_TMP/aws-fails"
is "database-token: but got anew" "$(token_command "$TEST_TMP" "$host")" "$token"
is "database-token: another user's is another" \
	"$(token_command "$TEST_TMP" "$host" 3307 tallystick_admin)" "$token"
like "database-token: with port and user" "$(tail -n 1 "$TEST_TMP/aws")" \
	'--port 3307 --username tallystick_admin$'
ln -s "$TEST_TMP/other" "$TEST_TMP/other/tallystick-rds-$(id -u)"
is "database-token: not kept where somebody else may be" \
	"$(token_command "$TEST_TMP/other" "$host") $(find "$TEST_TMP/other" -type f)" "$token "
done_testing
