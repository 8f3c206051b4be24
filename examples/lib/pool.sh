# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The pool of Tallystick processes behind one Unix socket, started as an
# operator may start it, by spawn-fcgi; and what the service must know before
# its first request: schema, signing key, a demo client.
#
# With --apache-module fcgid Apache starts the processes itself (web.sh).

tallystick() {
	"$TALLYSTICK" --config "$TALLYSTICK_CONF" "$@" 9>&-
}

# step WHAT COMMAND...: its output in the log, shown when it fails.
step() {
	local what=$1 log=$LOGS/setup.log
	shift
	"$@" >"$log" 2>&1 && return 0
	show_log "$log"
	die "$what failed: ${*:1:3}"
}

pool_need_program() {
	[ -x "$TALLYSTICK" ] || die "there is no program $TALLYSTICK:" \
		"build it first (examples/quickstart does), or give --program PATH"
}

pool_prepare() {
	[ -s "$DIR/wrap.key" ] ||
		head -c 32 /dev/urandom | write_private "$DIR/wrap.key"
	[ -s "$DIR/status.key" ] ||
		random_hex 32 | write_private "$DIR/status.key"
	pool_make_lists
	conf_write "$TALLYSTICK_CONF" "$DIR" "$LOGS/tallystick.log"
	step "the configuration check" tallystick check-config
	step "making the schema" tallystick init-db
	[ -e "$DB_DATA/.tallystick-key" ] || {
		step "making a signing key" tallystick key add --alg ES256 --activate
		: >"$DB_DATA/.tallystick-key"
	}
	[ -s "$DEMO_FILE" ] || pool_add_demo
}

# The folder of published status lists is the processes' to write, and the web
# server's to read.
pool_make_lists() {
	local owner=root
	install -d -m 755 "$LISTS"
	[ "$POOL" != apache ] || owner=$WEB_USER
	! is_root || chown -R "$owner" "$LISTS"
}

# One that an interrupted start left behind has a secret that nobody knows:
# it is removed and made anew.
pool_add_demo() {
	tallystick client remove demo >/dev/null 2>&1 || true
	(umask 077 && tallystick client add --id demo --name Demo \
		--grant client_credentials --scope 'read write device_*' \
		--default-scope read --json >"$DEMO_FILE.new" 2>"$LOGS/setup.log") || {
		show_log "$LOGS/setup.log"
		die "adding the demo client failed"
	}
	mv -f "$DEMO_FILE.new" "$DEMO_FILE"
}

# demo_value client_id|client_secret: jq is a test tool, not ours to need.
demo_value() {
	sed -n 's/.*"'"$1"'"[ ]*:[ ]*"\([^"]*\)".*/\1/p' "$DEMO_FILE" 2>/dev/null
}

# The processes' standard error would go to /dev/null, and with it what a
# sanitizer or the dynamic loader says: a shell in between keeps it.
pool_spawn() {
	local options=()
	! is_root || options=(-U "$WEB_USER")
	close_files
	umask 022
	export TALLYSTICK_PART=$DIR:pool
	# shellcheck disable=SC2016 # expanded by the inner shell
	exec spawn-fcgi -s "$FCGI_SOCKET" -M 0600 "${options[@]}" -b 1024 \
		-F "$PROCESSES" -P "$PIDS/pool.spawned" -- \
		/bin/sh -c 'exec "$0" --config "$1" serve 2>>"$2"' \
		"$TALLYSTICK" "$TALLYSTICK_CONF" "$LOGS/pool.log"
}

pool_start() {
	[ "$POOL" = spawn-fcgi ] || return 0
	! proc_alive pool || return 0
	log_keep "$LOGS/pool.log"
	proc_sweep pool
	rm -f "$FCGI_SOCKET" "$PIDS/pool.spawned"
	(pool_spawn) >"$LOGS/setup.log" 2>&1 || {
		show_log "$LOGS/setup.log"
		show_log "$LOGS/pool.log"
		die "spawn-fcgi could not start the pool"
	}
	pool_record
}

pool_record() {
	local pid
	while read -r pid; do
		proc_record pool "$pid" || true
	done < <(tr -s ' ' '\n' <"$PIDS/pool.spawned" | grep .)
	rm -f "$PIDS/pool.spawned"
}

pool_stop() {
	proc_stop pool 30
	rm -f "$FCGI_SOCKET"
}
