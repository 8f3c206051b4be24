#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The clients of examples/clients that look up a status, with lists of our making:
# each says what "tallystick status check" says.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-node.sh
. "$TALLY_SRCDIR/tests/it/lib-node.sh"

TOOL=${TALLY_BUILDDIR:?}/tests/it/list_tool
CLIENTS=$TALLY_SRCDIR/examples/clients
D=$TEST_TMP/made
[ -x "$TOOL" ] || bail "the test's tool is built" "there is no $TOOL: run make check TESTS="
command -v python3 >/dev/null || missing_all "python3 is there" "python3"
mkdir "$D"

# client NAME COMMAND...: one of those that are tried.
NAMES=()
client() {
	local name=$1
	shift
	NAMES+=("$name")
	declare -ga "COMMAND_$name=($(printf '%q ' "$@"))"
}

client ours "$PROGRAM" status check --jwks
if command -v jose >/dev/null && command -v jq >/dev/null && command -v curl >/dev/null; then
	client shell "$CLIENTS/status-check.sh"
else
	missing "the client in shell" "jose, jq or curl"
fi
if python3 -c 'import cryptography' 2>/dev/null; then
	client python python3 "$CLIENTS/status-check.py"
else
	missing "the client in Python" "python3-cryptography is not installed"
fi
node_find status-check.js 2>/dev/null
if [ ${#NODE[@]} -gt 0 ]; then
	cp "$CLIENTS/status-check.js" "$TEST_TMP"
	client javascript "${NODE[@]}"
elif [ -n "${TOO_OLD:-}" ]; then
	skip "the client in JavaScript" "$TOO_OLD"
else
	missing "the client in JavaScript" "${WHY:-}"
fi

LOG=$TEST_TMP/log
run_bg python3 "$TALLY_SRCDIR/tests/it/list_server.py" "$D" "$LOG" >"$TEST_TMP/port" 3>&-
wait_until 10 test -s "$TEST_TMP/port" || bail "the server of lists starts"
HTTP=http://127.0.0.1:$(<"$TEST_TMP/port")

# all NAME STATUS REGEX TOKEN_FILE: what each of them says, and exits with.
all() {
	local name
	for name in "${NAMES[@]}"; do
		local -n command=COMMAND_$name
		"${command[@]}" "$D/jwks.json" "$(<"$D/$4")" >"$TEST_TMP/out" 2>"$TEST_TMP/err" \
			</dev/null
		is "$name: $1: exit status" "$?" "$2" || diag "$(cat "$TEST_TMP/out" "$TEST_TMP/err")"
		like "$name: $1" "$(<"$TEST_TMP/out")" "$3"
	done
}

made() {
	ok "lists and tokens are made ($*)" "$TOOL" "$D" "$@"
}

# served FILE: what the server hands out from now on.
served() {
	cp "$D/$1" "$D/list.jwt.new" && mv "$D/list.jwt.new" "$D/list.jwt"
}

made "$HTTP/list" 0 0
all "valid" 0 VALID token.jwt
made "$HTTP/list" 999 1
all "invalid" 4 INVALID token.jwt
made "$HTTP/list" 6 2
all "suspended" 4 SUSPENDED token.jwt
made "$HTTP/list" 5 3
all "another status" 4 APPLICATION_SPECIFIC token.jwt

made "$HTTP/list" 7 0
: >"$LOG"
all "an expired token" 1 UNKNOWN expired.jwt
is "none of them has asked for its list" "$(<"$LOG")" ""
all "an index behind the last" 1 UNKNOWN beyond.jwt
served stale.jwt
all "an expired list" 1 UNKNOWN token.jwt
served token.jwt
all "a token in the place of the list" 1 UNKNOWN token.jwt
made "$HTTP/list" 7 0
sed 's/\.e/.f/' "$D/list.jwt" >"$D/altered.jwt"
served altered.jwt
all "an altered list" 1 UNKNOWN token.jwt
made "$HTTP/list" 7 0
cp "$D/jwks.json" "$D/list.jwt" "$TEST_TMP"
made "$HTTP/list" 7 0
cp "$TEST_TMP/list.jwt" "$D"
all "a list of another key" 1 UNKNOWN token.jwt
cp "$TEST_TMP/jwks.json" "$D"
all "a token of another key" 1 UNKNOWN token.jwt
made "$HTTP/missing" 7 0
all "a list that is not there" 1 UNKNOWN token.jwt
made "http://example.invalid/list" 7 0
all "a list that would not be fetched by HTTPS" 1 UNKNOWN token.jwt
done_testing
