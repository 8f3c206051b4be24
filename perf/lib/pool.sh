# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2004
# SPDX-License-Identifier: Apache-2.0
# The processes that are measured: the stack, and the ceilings behind its web
# server. Sourced by perf/run.

declare -A POOL_PIDS # the ids of each pool by its name, and of database and Redis

AGAINST_MOUNT=/oauth2/against

pool_socket() {
	printf '%s/%s.sock\n' "$WORK" "$1"
}

# The ceilings' paths lie within the site's, whose settings hold for them too;
# only where the requests go is another place.
write_include() {
	local name
	"begin_$SERVER" >"$WORK/web.conf"
	for name in "${CEILINGS[@]}"; do
		"include_$SERVER" "/oauth2/ceiling/$name" "$(pool_socket "$name")"
	done >>"$WORK/web.conf"
	[ -z "$AGAINST" ] || "include_$SERVER" "$AGAINST_MOUNT/" "$(pool_socket against)" \
		>>"$WORK/web.conf"
}

begin_lighttpd() {
	:
}

# Or it ends a child process that it has too many of, and the connections of
# the load generator with it.
begin_apache() {
	say "MaxSpareThreads 256"
}

# include_lighttpd PATH SOCKET
include_lighttpd() {
	cat <<-END
		\$HTTP["url"] =~ "^$1" {
			fastcgi.server = ( "/" => (( "socket" => "$2",
				"check-local" => "disable", "disable-time" => 0 )) )
		}
	END
}

# Without enablereuse: a kept connection would occupy one of the few threads
# of a plain libfcgi program for good.
include_apache() {
	say "ProxyPass \"$1\" \"unix:$2|fcgi://perf$1\""
}

stack_up() {
	local line
	write_include
	stack up --server "$SERVER" --db "$DB" --processes "$PROCESSES" --threads "$THREADS" \
		--program "$BUILD/tallystick" --web-include "$WORK/web.conf" \
		"${DB_OPTIONS[@]}" "${SETS[@]}" >&2
	while read -r line; do
		eval "$line"
	done < <(stack env)
	POOL_PIDS[tallystick]=$(stack pids pool | xargs)
	POOL_PIDS[database]=$(stack pids database)
	POOL_PIDS[redis]=$(stack pids redis)
	note_store_asked
}

# pools_again: all pools anew, with other numbers of processes and threads.
pools_again() {
	pools_stop
	stack_up
	ceilings_start
}

# answer_size CEILING: of the real answer of the lane that is compared with it,
# or else of the first; the ceiling's answers have it as well.
answer_size() {
	local lane reference other first=
	for lane in "${LANES[@]}"; do
		[ "${LANE_POOL[$lane]}" != tallystick ] || first=${first:-$lane}
	done
	while read -r lane reference other; do
		[ "${LANE_POOL[$reference]}" != "$1" ] || first=$lane
	done < <(printf '%s\n' "${TARGETS[@]}")
	lane_env "$first"
	fetch "${LANE_PATH[$first]}" '%{size_download}'
}

# fetch PATH FORMAT: one request as the load generator makes it; prints FORMAT
# of curl. Fails unless the answer is good.
fetch() {
	local out options=() header
	[ "$PERF_METHOD" = GET ] || options+=(--data "$PERF_FORM")
	for header in "Authorization: $PERF_AUTHORIZATION" "Content-Type: $PERF_TYPE" \
		"X-Api-Key: $PERF_KEY" "Accept: $PERF_ACCEPT"; do
		# An empty one takes away what curl would send of itself.
		[[ $header == Content-Type:* && $header == *": " ]] || options+=(--header "${header% }")
	done
	out=$(curl -sS --noproxy '*' --max-time 5 -o /dev/null --request "$PERF_METHOD" \
		"${options[@]}" -w "%{http_code} $2" "$TALLYSTICK_URL$1") || return 1
	[[ $out == 2* ]] || return 1
	say "${out#* }"
}

ceilings_start() {
	local name size
	for name in "${CEILINGS[@]}"; do
		size=$(answer_size "$name") ||
			die "the stack does not answer as the scenario expects"
		ceiling_start "$name" "$size"
	done
}

ceiling_start() {
	local name=$1 work
	read -r -a work <<<"${CEILING_WORK[$name]}"
	pool_spawn "$name" "$BUILD/perf/ceiling" --threads "$THREADS" --body "$2" \
		--redis "$TALLYSTICK_REDIS_SOCKET" "${work[@]}"
}

# pool_spawn NAME COMMAND...: as examples/stack starts its pool.
pool_spawn() {
	local name=$1 options=()
	shift
	! is_root || options=(-U "$(web_user)")
	rm -f "$WORK/$name.pid"
	spawn-fcgi -s "$(pool_socket "$name")" -M 0600 "${options[@]}" -b 1024 \
		-F "$PROCESSES" -P "$WORK/$name.pid" -- "$@" >"$WORK/$name.log" 2>&1 ||
		die "the pool $name did not start: $(cat "$WORK/$name.log")"
	POOL_PIDS[$name]=$(tr -s '\n' ' ' <"$WORK/$name.pid")
}

pools_stop() {
	local name
	for name in "${!POOL_PIDS[@]}"; do
		[[ $name != @(tallystick|database|redis) ]] || continue
		# shellcheck disable=SC2086 # ids
		kill ${POOL_PIDS[$name]} 2>/dev/null || true
		rm -f "$(pool_socket "$name")"
		unset "POOL_PIDS[$name]"
	done
}

# Another program on the same database. Only its paths differ, so that the web
# server can tell the two apart.
against_start() {
	local lane
	sed "s|^\[server\]\$|&\nmount = $AGAINST_MOUNT|" "$TALLYSTICK_CONF" >"$WORK/against.conf"
	pool_spawn against "$AGAINST" --config "$WORK/against.conf" serve
	for lane in "${LANES[@]}"; do
		[ "${LANE_POOL[$lane]}" = tallystick ] || continue
		lane "$lane-against" against "$AGAINST_MOUNT${LANE_PATH[$lane]}" "${LANE_SCRIPT[$lane]}"
		target "$lane" "$lane-against" 1
	done
}

web_user() {
	local user
	for user in www-data nobody; do
		! id "$user" >/dev/null 2>&1 || break
	done
	say "$user"
}
