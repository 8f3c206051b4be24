# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The stack's private Redis, with the settings that we ship and a Unix socket.
# $DIR/redis is its folder, $REDIS_SOCKET the only way in.

redis_write_config() {
	cat "$TOP/conf/redis/tallystick.conf" - >"$DIR/redis/redis.conf" <<-END

		# ---- of this stack; written by examples/stack at every start ----
		port 0
		unixsocket $REDIS_SOCKET
		unixsocketperm 700
		daemonize no
		dir "$DIR/redis"
		maxmemory 64mb
		databases 1
	END
}

# redis-server is a link to redis-check-rdb that Debian ships in another
# package, together with the service; the name decides what the program does.
redis_program() {
	local path
	if path=$(find_program redis-server); then
		say "$path"
		return 0
	fi
	path=$(find_program redis-check-rdb) || die "Redis is not installed"
	ln -sfn "$path" "$DIR/redis/redis-server"
	say "$DIR/redis/redis-server"
}

redis_ready() {
	proc_alive redis || return 2
	[ "$(redis_client PING 2>/dev/null)" = PONG ]
}

redis_start() {
	proc_signal CONT redis
	! proc_alive redis || return 0
	mkdir -p "$DIR/redis"
	redis_write_config
	rm -f "$REDIS_SOCKET"
	log_keep "$LOGS/redis.log"
	proc_start redis "$LOGS/redis.log" \
		"$(redis_program)" "$DIR/redis/redis.conf"
	wait_for 20 redis_ready || {
		show_log "$LOGS/redis.log"
		die "Redis did not start"
	}
}

redis_stop() {
	proc_stop redis 20
	rm -f "$REDIS_SOCKET"
}

# redis_client COMMAND...
redis_client() {
	redis-cli -s "$REDIS_SOCKET" "$@"
}
