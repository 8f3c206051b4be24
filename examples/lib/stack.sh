# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The verbs of examples/stack, over its parts.
#
# $DIR (0700)
#   settings            what the last "up" was told; read by the other verbs
#   tallystick.conf, wrap.key, db.password, admin.password, status.key, demo client
#   database-*, redis, web, log, pid
#   run                 the sockets and the published status lists; a link to a
#                       short private folder where $DIR is too long for sockets
#                       or closed to Apache's user

PARTS="web pool redis database"
READY_SECONDS=30

# stack_place: absolute paths of everything, without making anything.
stack_place() {
	DIR=$(readlink -m "$DIR")
	[[ $DIR != *[\"\\\|\'\ ]* && $DIR != *$'\n'* ]] ||
		die "$DIR: a stack's path may hold no blanks, quotes, bars or backslashes"
	CACHE=$(readlink -m "$CACHE")
	PIDS=$DIR/pid
	LOGS=$DIR/log
	TALLYSTICK_CONF=$DIR/tallystick.conf
	RUN=$DIR/run
	[ ! -L "$RUN" ] || RUN=$(readlink "$RUN")
	WEB_USER=$(web_user)
	stack_sockets
}

stack_sockets() {
	DB_SOCKET=$RUN/db.sock
	REDIS_SOCKET=$RUN/redis.sock
	FCGI_SOCKET=$RUN/tallystick.sock
	LISTS=$RUN/lists
}

stack_exists() {
	[ -f "$DIR/settings" ] ||
		die "there is no stack in $DIR (start one: examples/stack up)"
}

# One "up", "down", "start"... at a time. The lock goes with its holder.
stack_lock() {
	exec 9>"$DIR/stack.lock"
	flock -w 300 9 || die "another examples/stack works on $DIR"
	# A "down" that we waited for has removed the file, and made it worthless.
	[ "$DIR/stack.lock" -ef /dev/fd/9 ] || {
		mkdir -p "$DIR"
		stack_lock
	}
}

stack_make_folders() {
	mkdir -p "$DIR" || die "cannot make the folder $DIR"
	[ -e "$DIR/stack.lock" ] || [ -z "$(ls -A "$DIR")" ] ||
		die "$DIR is neither a stack nor empty: name another folder"
	chmod 700 "$DIR"
	stack_lock
	mkdir -p "$PIDS" "$LOGS"
	stack_make_run
}

# The sockets' folder: their paths must stay under 104 bytes (108 less what
# some servers append), and Apache's user must be able to enter.
stack_make_run() {
	[ ! -d "$RUN" ] || [ ! -O "$RUN" ] || return 0
	# Somebody has cleaned up /tmp: whoever runs listens where nobody calls.
	redis_stop
	db_stop
	rm -f "$DIR/run"
	if is_root || [ ${#DIR} -gt 64 ]; then
		RUN=$(mktemp -d "${TMPDIR:-/tmp}/tallystick.XXXXXX")
		! is_root || chmod 711 "$RUN"
		ln -s "$RUN" "$DIR/run"
	else
		RUN=$DIR/run
		mkdir -p "$RUN"
	fi
	stack_sockets
	[ ${#FCGI_SOCKET} -lt 104 ] ||
		die "$FCGI_SOCKET is too long for a socket: set TMPDIR to a short path"
}

settings_write() {
	declare -p PORT SERVER APACHE_MODULE TLS WEB_INCLUDE DB_KIND DB_SERVER \
		DB_ROOT DB_DATA PROCESSES THREADS TALLYSTICK SETS DB_OPTIONS POOL URL \
		ISSUER MOUNT MAX_AGE DEMO_FILE |
		write_private "$DIR/settings"
}

# Only for verbs after "up". The folder is ours alone (0700).
settings_read() {
	stack_exists
	[ -O "$DIR/settings" ] || die "$DIR belongs to another user"
	# Inside a function "declare" would make local variables.
	# shellcheck disable=SC1090
	. <(sed 's/^declare /declare -g /' "$DIR/settings")
}

# ---- up and down ----------------------------------------------------------

# "up" brings what runs in line with its options: database and Redis stay when
# they run (of the same kind), pool and web server are started anew, for they
# may have a new program or configuration. The port of a stack stays.
verb_up() {
	local old_port='' old_db='' wanted=$PORT
	[ ${#ARGS[@]} = 0 ] || die "up: unexpected: ${ARGS[*]}"
	pool_need_program
	stack_make_folders
	if [ -f "$DIR/settings" ]; then
		old_port=$(settings_read && say "$PORT") || true
		old_db=$(settings_read && say "$DB_KIND ${DB_OPTIONS[*]}") || true
	fi
	stack_need
	db_choose "$DB"
	DEMO_FILE=$DB_DATA/.tallystick-demo.json
	PORT=${wanted:-$old_port}
	POOL=spawn-fcgi
	[ "$SERVER:$APACHE_MODULE" != apache:fcgid ] || POOL=apache
	web_stop
	pool_stop
	[ "$old_db" = "$DB_KIND ${DB_OPTIONS[*]}" ] || db_stop
	redis_start
	db_start
	stack_up_front "$wanted"
	stack_wait_ready
	say "ready: $URL ($SERVER, $DB_KIND $(db_version), $PROCESSES processes," \
		"$THREADS threads)"
}

# The web server shows whether the port is free, by taking it; the issuer, and
# so the configuration, has the port in it.
stack_up_front() {
	local attempt
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$PORT" ] || web_choose_port
		URL=$(web_scheme)://127.0.0.1:$PORT
		pool_prepare
		settings_write
		web_start && break
		proc_stop web 5
		[ -z "$1" ] || die "port $PORT is taken: choose another, or give none"
		[ "$attempt" != 10 ] || die "found no free port in ten attempts"
		PORT=
	done
	pool_start
}

stack_need() {
	local needs=(run)
	[ "$SERVER" != apache ] || needs+=(apache)
	[ "$TLS:$SERVER" != 1:lighttpd ] || needs+=(tls)
	install_packages "${needs[@]}"
}

# stack_get PATH: status code and body of a request to ourselves.
stack_get() {
	local options=()
	[ "$TLS" = 0 ] || options=(--cacert "$DIR/web/tls.crt")
	curl -sS --noproxy '*' --max-time 5 "${options[@]}" \
		-w '\n%{http_code}\n' "$URL$1" 2>&1
}

stack_is_ready() {
	READY_ANSWER=$(stack_get "${MOUNT%/}/health/ready") || true
	[ "${READY_ANSWER##*$'\n'}" = 200 ] && return 0
	proc_alive web || return 2
	[ "$POOL" = apache ] || proc_alive pool || return 2
	return 1
}

stack_wait_ready() {
	wait_for "$READY_SECONDS" stack_is_ready && return 0
	printf '%s\n' "$READY_ANSWER" | sed 's/^/    /' >&2
	show_logs 10 >&2
	die "the stack is not ready: $URL${MOUNT%/}/health/ready did not answer 200"
}

verb_wait() {
	settings_read
	stack_wait_ready
}

verb_down() {
	[ -e "$DIR/stack.lock" ] || {
		say "there is no stack in $DIR"
		return 0
	}
	stack_lock
	web_stop
	pool_stop
	redis_stop
	db_stop
	if [ -L "$DIR/run" ] && [ -O "$RUN" ]; then
		rm -rf "$RUN"
	fi
	rm -rf "$DIR/run"
	[ "$KEEP" = 0 ] || {
		say "stopped; its data stays in $DIR"
		return 0
	}
	# Only what a stack makes: DIR may be somebody's own folder.
	(cd "$DIR" && rm -rf settings tallystick.conf wrap.key db.password \
		admin.password status.key database.cnf database-init.sql database-mysql \
		database-mariadb database-tmp redis web log pid stack.lock)
	rmdir "$DIR" 2>/dev/null || true
	say "stopped and removed"
}

# ---- one part -------------------------------------------------------------

part_start() {
	[ "$1:$POOL" != pool:apache ] ||
		die "Apache starts the pool itself: start, stop or restart web"
	case $1 in
	database) db_start ;;
	redis) redis_start ;;
	pool) pool_start ;;
	web) web_start || die "port $PORT is taken" ;;
	esac
}

part_stop() {
	[ "$1:$POOL" != pool:apache ] ||
		die "Apache starts the pool itself: start, stop or restart web"
	case $1 in
	database) db_stop ;;
	redis) redis_stop ;;
	pool) pool_stop ;;
	web) web_stop ;;
	esac
}

verb_start() {
	settings_read
	stack_lock
	part_start "$1"
}

verb_stop() {
	settings_read
	stack_lock
	part_stop "$1"
}

verb_restart() {
	settings_read
	stack_lock
	part_stop "$1"
	part_start "$1"
}

# part_pids PART
part_pids() {
	if [ "$1:$POOL" = pool:apache ]; then
		web_fcgid_pids
	else
		proc_pids "$1"
	fi
}

# kill is sudden and waits for nothing: neither does a machine that fails.
verb_kill() {
	local pid pids
	settings_read
	mapfile -t pids < <(part_pids "$1")
	[ ${#pids[@]} -gt 0 ] || die "$1 does not run"
	[ "$ONE" = 0 ] || pids=("${pids[0]}")
	for pid in "${pids[@]}"; do
		kill -s "$SIGNAL" "$pid" 2>/dev/null || warn "process $pid is gone"
	done
}

verb_pids() {
	settings_read
	part_pids "$1"
}

# ---- looking --------------------------------------------------------------

verb_env() {
	settings_read
	export_line TALLYSTICK "$TALLYSTICK"
	export_line TALLYSTICK_CONF "$TALLYSTICK_CONF"
	export_line TALLYSTICK_STACK "$DIR"
	export_line TALLYSTICK_URL "$URL"
	export_line TALLYSTICK_ISSUER "$ISSUER"
	export_line TALLYSTICK_SERVER "$SERVER"
	export_line TALLYSTICK_LOG "$LOGS/tallystick.log"
	export_line TALLYSTICK_FCGI_SOCKET "$FCGI_SOCKET"
	export_line TALLYSTICK_DB_KIND "$DB_KIND"
	export_line TALLYSTICK_DB_SOCKET "$DB_SOCKET"
	export_line TALLYSTICK_DB_NAME tallystick
	export_line TALLYSTICK_DB_USER tallystick
	export_line TALLYSTICK_DB_PASSWORD_FILE "$DIR/db.password"
	export_line TALLYSTICK_DB_ADMIN_PASSWORD_FILE "$DIR/admin.password"
	export_line TALLYSTICK_REDIS_SOCKET "$REDIS_SOCKET"
	[ "$TLS" = 0 ] || export_line TALLYSTICK_CA_FILE "$DIR/web/tls.crt"
	export_line TALLYSTICK_STATUS_POOL tests
	export_line TALLYSTICK_STATUS_API_KEY "$(cat "$DIR/status.key")"
	export_line TALLYSTICK_STATUS_DIRECTORY "$LISTS"
	export_line DEMO_CLIENT_ID "$(demo_value client_id)"
	export_line DEMO_CLIENT_SECRET "$(demo_value client_secret)"
}

export_line() {
	printf 'export %s=%q\n' "$1" "$2"
}

verb_status() {
	local part pids ready=no rc=0
	settings_read
	# First: mod_fcgid starts its processes when there is a request.
	if stack_is_ready; then ready=yes; else rc=1; fi
	say "stack in $DIR: $URL, $SERVER, $DB_KIND"
	for part in $PARTS; do
		pids=$(part_pids "$part" | xargs)
		printf '  %-9s %s\n' "$part" "${pids:-not running}"
		[ -n "$pids" ] || rc=1
	done
	say "  ready     $ready"
	return "$rc"
}

show_logs() {
	local part
	for part in database redis web pool tallystick; do
		[ -s "$LOGS/$part.log" ] || continue
		printf '==> %s\n' "$LOGS/$part.log"
		tail -n "$1" "$LOGS/$part.log"
	done
}

verb_logs() {
	[ -d "$LOGS" ] || stack_exists
	show_logs "$LINES_WANTED"
}

verb_install() {
	install_packages run apache
	install_packages tls
}

verb_sql() {
	settings_read
	if [ ${#ARGS[@]} -gt 0 ]; then
		db_client --batch --execute="${ARGS[*]}"
	else
		db_client
	fi
}

verb_redis() {
	settings_read
	redis_client "${ARGS[@]}"
}
