# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Messages, waiting, and processes that are ended by their id. Sourced by
# examples/stack, examples/quickstart and tests/run.

PROG=${PROG:-${0##*/}}

say() {
	printf '%s\n' "$*"
}

warn() {
	printf '%s: %s\n' "$PROG" "$*" >&2
}

die() {
	warn "$@"
	exit 1
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# find_program NAME...: the path of the first that exists. The sbin folders
# are not on every user's PATH, and that is where the servers are.
find_program() {
	local name path
	for name; do
		for path in "$(command -v "$name" || true)" \
			"/usr/sbin/$name" "/usr/local/sbin/$name" "/sbin/$name"; do
			if [ -n "$path" ] && [ -x "$path" ]; then
				printf '%s\n' "$path"
				return 0
			fi
		done
	done
	return 1
}

is_root() {
	[ "$(id -u)" = 0 ]
}

# random_hex BYTES
random_hex() {
	od -An -vtx1 -N "$1" /dev/urandom | tr -d ' \n'
}

# write_private FILE: standard input becomes FILE, mode 0600, in one step.
write_private() {
	local tmp=$1.new.$$
	(umask 077 && cat >"$tmp")
	mv -f "$tmp" "$1"
}

# wait_for SECONDS COMMAND...: until it succeeds. 2 = a part died meanwhile
# (the command returned 2), 1 = the time is over.
wait_for() {
	local end=$((SECONDS + $1)) rc
	shift
	while :; do
		rc=0
		"$@" || rc=$?
		case $rc in
		0 | 2) return "$rc" ;;
		esac
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# show_log FILE [LINES]: the end of a log, indented, on standard error.
show_log() {
	[ -s "$1" ] || return 0
	printf '  last lines of %s:\n' "$1" >&2
	tail -n "${2:-15}" "$1" | sed 's/^/    /' >&2
}

# log_keep FILE: a log of the last run is kept as FILE.1.
log_keep() {
	[ ! -s "$1" ] || mv -f "$1" "$1.1"
	: >"$1"
}

# ---- processes ------------------------------------------------------------
#
# $PIDS/NAME has one line per process: id, start time, boot. A number alone
# says nothing after a crash: the id may belong to somebody else by now. Only
# a process whose three values agree is ever looked at or ended.

# proc_born PID: when it started (clock ticks after boot); fails when it is
# gone or a zombie.
proc_born() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	# The name in brackets may hold blanks and brackets: cut after the last.
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	[ "$1" != Z ] && [ "$1" != X ] && printf '%s\n' "${20}"
}

proc_boot() {
	local id=-
	read -r id </proc/sys/kernel/random/boot_id || true
	printf '%s\n' "$id"
}

# proc_record NAME PID
proc_record() {
	local born
	born=$(proc_born "$2") || return 1
	printf '%s %s %s\n' "$2" "$born" "$(proc_boot)" >>"$PIDS/$1"
}

# proc_pids NAME: the ids that are still ours and alive, one per line.
proc_pids() {
	local pid born boot now
	[ -f "$PIDS/$1" ] || return 0
	now=$(proc_boot)
	while read -r pid born boot; do
		[ "$boot" = "$now" ] || continue
		[ "$(proc_born "$pid")" = "$born" ] || continue
		printf '%s\n' "$pid"
	done <"$PIDS/$1"
}

proc_alive() {
	[ -n "$(proc_pids "$1")" ]
}

# close_files: all above standard error, in a process that is to go on for long.
# It would hold the stack's lock, or a pipe whose reader waits for its end.
close_files() {
	local fd
	for fd in /proc/"$BASHPID"/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
}

# proc_start NAME LOG COMMAND...: in the background, away from this terminal.
proc_start() {
	local name=$1 log=$2
	shift 2
	proc_sweep "$name"
	(
		close_files
		export TALLYSTICK_PART=$DIR:$name
		exec setsid "$@" </dev/null >>"$log" 2>&1
	) &
	proc_record "$name" $! || true
}

# proc_leftovers NAME: processes that the records do not know: children of a
# server that was killed (Apache's go on listening), or what an interrupted
# "up" had no time to record. They are told by the mark that every process of
# a part has in its environment.
proc_leftovers() {
	grep -lzxF -e "TALLYSTICK_PART=$DIR:$1" /proc/[0-9]*/environ 2>/dev/null |
		tr -dc '0-9\n' || true
}

# proc_sweep NAME: ends what is left of a part that does not run any more.
proc_sweep() {
	local left
	left=$(proc_leftovers "$1")
	# shellcheck disable=SC2086 # one word each
	[ -z "$left" ] || kill -s KILL $left 2>/dev/null || true
	rm -f "$PIDS/$1"
}

# proc_signal SIGNAL NAME
proc_signal() {
	local pid
	for pid in $(proc_pids "$2"); do
		kill -s "$1" "$pid" 2>/dev/null || true
	done
}

proc_gone() {
	! proc_alive "$1"
}

# proc_stop NAME SECONDS: asks (TERM), waits, then insists (KILL).
proc_stop() {
	proc_signal CONT "$1"
	proc_signal TERM "$1"
	if ! wait_for "$2" proc_gone "$1"; then
		warn "$1 did not stop within $2 s and is killed"
		proc_signal KILL "$1"
		wait_for 10 proc_gone "$1" ||
			die "$1 cannot be ended: process $(proc_pids "$1" | xargs)"
	fi
	proc_sweep "$1"
}
