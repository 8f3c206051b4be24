#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The pool's socket: who may use it, and what it bears.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

command -v python3 >/dev/null || missing_all "python3 is there" "python3"

# libfcgi leaks 48 bytes per malformed FCGI_GET_VALUES, which no web server sends.
echo 'leak:libfcgi.so' >"$TEST_TMP/suppressions"
export LSAN_OPTIONS=suppressions=$TEST_TMP/suppressions:print_suppressions=0

up "the stack is up" --server lighttpd --processes 2 --threads 4
ok "the pool's socket is one" test -S "$TALLYSTICK_FCGI_SOCKET"
is "and the web server's alone" "$(stat -c %a "$TALLYSTICK_FCGI_SOCKET")" 600
pids=$(stack pids pool)
# shellcheck disable=SC2086 # one word each
python3 -B "$HERE/peers.py" "$TALLYSTICK_FCGI_SOCKET" $pids \
	>"$TEST_TMP/peers" 2>"$TEST_TMP/peers.errors"
is "peers.py runs to its end" "$?" 0 || diag "$(tail -n 20 "$TEST_TMP/peers.errors")"
while IFS=$'\t' read -r name result; do
	is "$name" "$result" ok
done <"$TEST_TMP/peers"
is "no process has ended" "$(stack pids pool)" "$pids"
is "a token through the web server" "$(token)" 200
for pid in $pids; do
	size=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
	diag "process $pid has $size KiB"
done
no_reports
done_testing
