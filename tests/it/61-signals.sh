#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signals under load: a process that is told to stop loses no request that it
# accepted, one that is killed takes down nothing else, and SIGHUP brings a new
# configuration, or leaves the old one in force.
# shellcheck disable=SC2119 # functions with optional arguments
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

command -v python3 >/dev/null || missing_all "python3 is there" "python3"

# shellcheck disable=SC2317 # called by ok
stop_in_time() {
	kill -TERM "$1"
	wait_until 10 process_is_gone "$1"
}

one_of_pool() {
	stack pids pool | sed -n 1p
}

# shellcheck disable=SC2317 # called by wait_until
process_is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# ---- stop -----------------------------------------------------------------

# One of two processes stops while requests come in: nobody notices.
stop_one_under_load() {
	local name=$1 pid
	pid=$(one_of_pool)
	load_start http "${TALLYSTICK_URL##*:}" 4 8
	sleep 1
	kill -TERM "$pid"
	ok "$name: a process that is told to stop ends" wait_until 20 process_is_gone "$pid"
	load_end
	isnt "$name: there was a load" "$(load_count 200)" 0
	is "$name: no answer failed when one of two processes stopped" "$(load_bad)" 0
	ok "$name: its end is in the log" in_log "tallystick\[$pid\] - stopped$"
	is "$name: the other one serves" "$(token)" 200
}

# A killed process may take its own requests with it, and nothing else.
kill_one_under_load() {
	local name=$1 before
	load_start http "${TALLYSTICK_URL##*:}" 4 8
	sleep 1
	stack kill pool --one
	load_end
	before=$(load_bad)
	# Of 8 connections no more than 8 requests were under way.
	ok "$name: a killed process takes at most the requests it had ($before)" \
		[ "$before" -le 8 ]
	load_start http "${TALLYSTICK_URL##*:}" 1 8
	load_end
	is "$name: later ones all succeed" "$(load_bad)" 0
}

for server in lighttpd apache; do
	program=$server
	[ "$server" = lighttpd ] || program=apache2
	have_server "$server" "$program" || continue
	up "$server: the stack is up" --server "$server" --processes 2
	stop_one_under_load "$server"
	stack restart pool >/dev/null
	kill_one_under_load "$server"
	no_reports
done

# Apache with kept connections, more of them than the pool has threads.
if have_server "Apache with connection reuse" apache2; then
	echo 'Define TALLYSTICK_REUSE on' >"$TEST_TMP/reuse.conf"
	up "Apache with connection reuse: the stack is up" --server apache \
		--web-include "$TEST_TMP/reuse.conf" --processes 2 --threads 2
	load_start http "${TALLYSTICK_URL##*:}" 3 32
	load_end
	is "32 connections to a pool of 4 threads: every request is answered" "$(load_bad)" 0
	is "and while they are kept, new ones are, too" "$(token)" 200
	ok "a process with kept connections stops at once" stop_in_time "$(one_of_pool)"
	is "the other one serves" "$(token)" 200
	no_reports
fi

# The pool as a whole, without a web server that might repeat a request: every
# request that a process took (it logs each token) got its answer.
up "the stack is up" --server lighttpd --processes 2 --set log.level=info
before=$(grep -c 'issued an access token' "$TALLYSTICK_LOG")
stopped=$(grep -c -e '- stopped$' "$TALLYSTICK_LOG")
load_start fastcgi "$TALLYSTICK_FCGI_SOCKET" 4 16
sleep 1
ok "the pool stops under load" stack stop pool
load_end
issued=$(($(grep -c 'issued an access token' "$TALLYSTICK_LOG") - before))
isnt "there was a load" "$(load_count 200)" 0
is "as many answers arrived as tokens were issued" "$(load_count 200)" "$issued"
is "each process stopped in good order" \
	"$(($(grep -c -e '- stopped$' "$TALLYSTICK_LOG") - stopped))" 2
unlike "no request was given up" "$(cat "$TALLYSTICK_LOG")" 'stop-timeout'

# A request that is half there when the signal comes is waited for.
stack start pool >/dev/null
ok "ready again" wait_until 30 ready_is 200
python3 -B "$HERE/late_half.py" "$TALLYSTICK_FCGI_SOCKET" "$TEST_TMP/half" "$TEST_TMP/go" \
	>"$TEST_TMP/half.out" 2>&1 &
half=$!
ok "half a request is sent" wait_until 20 [ -e "$TEST_TMP/half" ]
stack stop pool >/dev/null 2>&1 &
stop=$!
sleep 0.5
touch "$TEST_TMP/go"
wait "$half"
is "its other half is waited for, and it is answered" "$(cat "$TEST_TMP/half.out")" 200
wait "$stop"
is "the pool then stops" "$?" 0
stack start pool >/dev/null

# ---- SIGHUP ---------------------------------------------------------------

hup_all() {
	stack kill pool --signal HUP
}

lines_with() {
	grep -Ec -e "$1" "$TALLYSTICK_LOG"
}

# all_say REGEX N: both processes have said it by now.
# shellcheck disable=SC2317 # called by wait_until
all_say() {
	[ "$(lines_with "$1")" -ge "$2" ]
}

lifetime() {
	token >/dev/null
	body .expires_in
}

ok "ready again" wait_until 30 ready_is 200
is "tokens live for an hour" "$(lifetime)" 3600
cp "$TALLYSTICK_CONF" "$TEST_TMP/right.conf"
printf '\n[tokens]\naccess-lifetime = 2m\n' >>"$TALLYSTICK_CONF"
hup_all
ok "both processes reload" wait_until 20 all_say 'configuration reloaded from' 2
is "tokens live for two minutes" "$(lifetime)" 120

line=$(($(wc -l <"$TALLYSTICK_CONF") + 1))
printf 'max-lifetime = soon\n' >>"$TALLYSTICK_CONF"
hup_all
ok "a wrong configuration is refused by both" wait_until 20 \
	all_say 'was not reloaded; the old one stays in force' 2
ok "the log names file, line, directive and what was expected" in_log \
	"error .*$TALLYSTICK_CONF:$line: tokens\.max-lifetime: expected .*soon"
is "the old one is in force" "$(lifetime)" 120
is "no process has ended" "$(stack pids pool | wc -l)" 2

mv "$TALLYSTICK_CONF" "$TEST_TMP/wrong.conf"
hup_all
ok "a configuration that is missing is refused by both" wait_until 20 \
	all_say 'was not reloaded; the old one stays in force' 4
is "the old one is still in force" "$(lifetime)" 120
cp "$TEST_TMP/right.conf" "$TALLYSTICK_CONF"
hup_all
ok "the right one is taken again" wait_until 20 all_say 'configuration reloaded from' 4
is "tokens live for an hour again" "$(lifetime)" 3600

# The log, when it was rotated.
mv "$TALLYSTICK_LOG" "$TALLYSTICK_LOG.old"
hup_all
ok "a new log is opened" wait_until 20 [ -s "$TALLYSTICK_LOG" ]
ok "by both processes" wait_until 20 all_say 'configuration reloaded from' 2
before=$(wc -l <"$TALLYSTICK_LOG.old")
for _ in 1 2 3 4 5 6; do
	token >/dev/null
done
is "what happens is written to the new one" "$(lines_with 'issued an access token')" 6
is "and not to the old one" "$(wc -l <"$TALLYSTICK_LOG.old")" "$before"
is "a log is not for everybody" "$(stat -c %a "$TALLYSTICK_LOG")" 640

# Under load a reload is not noticed.
load_start http "${TALLYSTICK_URL##*:}" 3 8
for _ in 1 2 3 4 5 6 7 8 9 10; do
	hup_all
	sleep 0.2
done
load_end
is "no answer fails while the configuration is reloaded ten times" "$(load_bad)" 0

# An administrator's slip: the stop that stops everything.
stack kill pool --signal USR1
ok "SIGUSR1, FastCGI's own, stops like SIGTERM" wait_until 20 pool_is_gone
no_reports
done_testing
