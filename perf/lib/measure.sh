# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2004
# SPDX-License-Identifier: Apache-2.0
# One run of a load, and what is read around it: processor time from /proc, and
# what database and Redis have counted. Sourced by perf/run.

TICK_US=$((1000000 / $(getconf CLK_TCK)))

# cpu_us PID...: processor time used so far, of all threads.
cpu_us() {
	local pid files=()
	for pid; do
		files+=("/proc/$pid/stat")
	done
	[ ${#files[@]} -gt 0 ] || { say 0 && return; }
	# The name in brackets may hold blanks: count behind the last bracket.
	awk -v tick="$TICK_US" '{ sub(/.*\) /, ""); used += $12 + $13 }
		END { printf "%d\n", used * tick }' "${files[@]}"
}

# machine_us: processor time of the whole machine, used and unused.
machine_us() {
	awk -v tick="$TICK_US" '$1 == "cpu" {
		printf "%d %d\n", ($2 + $3 + $4 + $7 + $8 + $9) * tick, ($5 + $6) * tick
	}' /proc/stat
}

# A server and all that it has started.
tree() {
	local pid
	for pid; do
		say "$pid"
		# shellcheck disable=SC2046 # ids
		tree $(pgrep -P "$pid" || true)
	done
}

# group_pids NAME: of web server, database or Redis, all on this machine here; or
# of a pool.
group_pids() {
	case $1 in
	# Apache has others from time to time.
	web)
		# shellcheck disable=SC2046 # ids
		tree $(stack pids web) | xargs
		;;
	*) say "${POOL_PIDS[$1]}" ;;
	esac
}

# counters WEB_PIDS POOL_PIDS DATABASE_PIDS REDIS_PIDS
counters() {
	# shellcheck disable=SC2086 # ids
	say "$(machine_us) $(cpu_us $1) $(cpu_us $2) $(cpu_us $3) $(cpu_us $4)"
}

# As "stack sql" and "stack redis", in a fraction of the time.
sql() {
	MYSQL_PWD=$(<"$TALLYSTICK_DB_ADMIN_PASSWORD_FILE") "$SQL_CLIENT" --no-defaults --batch \
		--socket="$TALLYSTICK_DB_SOCKET" --user=admin --execute="$1" "$TALLYSTICK_DB_NAME"
}

redis() {
	redis-cli -s "$TALLYSTICK_REDIS_SOCKET" "$@"
}

# store_counts: statements and writes of the database, commands of Redis. The
# requests that ask are counted themselves; STORE_ASKED says how often.
store_counts() {
	say "$(sql "SHOW GLOBAL STATUS WHERE Variable_name IN
		('Questions', 'Innodb_data_writes', 'Innodb_data_written')" |
		awk '{ n[$1] = $2 } END { print n["Questions"], n["Innodb_data_writes"],
			n["Innodb_data_written"] }')" \
		"$(redis INFO stats | tr -d '\r' |
			sed -n 's/^total_commands_processed://p')"
}

note_store_asked() {
	local before after
	before=$(store_counts)
	after=$(store_counts)
	STORE_ASKED=$(awk '{ for (i = 5; i <= 8; i++) printf "%d ", $i - $(i - 4) }' \
		<<<"$before $after")
}

# ---- fsyncs -------------------------------------------------------------------
#
# The kernel counts them, where it lets "perf stat" look (as root, mostly). The
# servers' own counters leave out the binary log and Redis.

SYNC_EVENTS=syscalls:sys_enter_fsync,syscalls:sys_enter_fdatasync

syncs_can_be_counted() {
	have perf && perf stat -x , -e "$SYNC_EVENTS" -- true >/dev/null 2>&1
}

# syncs_start DATABASE_PIDS REDIS_PIDS
syncs_start() {
	local name pids
	SYNC_COUNTERS=()
	[ -n "$SYNCS_COUNTED" ] || return 0
	for name in database redis; do
		if [ "$name" = database ]; then pids=$1; else pids=$2; fi
		perf stat -x , -o "$WORK/syncs.$name" -e "$SYNC_EVENTS" -p "${pids// /,}" \
			>/dev/null 2>&1 &
		SYNC_COUNTERS+=($!)
	done
	sleep 0.1 # until they have attached themselves
}

# syncs_end: how many of the database, and of Redis; or "null null".
syncs_end() {
	local pid name
	[ ${#SYNC_COUNTERS[@]} -gt 0 ] || { say "null null" && return; }
	kill -INT "${SYNC_COUNTERS[@]}" 2>/dev/null || true
	for pid in "${SYNC_COUNTERS[@]}"; do
		while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
	done
	for name in database redis; do
		awk -F , '$3 ~ /sync/ { n += $1 } END { printf "%d ", n }' "$WORK/syncs.$name"
	done
}

# ---- one run ------------------------------------------------------------------

# measure LANE CONNECTIONS ROUND [LOAD]: appends a line to $RAW and shows progress.
# LOAD is full, as fast as it goes; or half, for which PERF_PACE is set.
measure() {
	local lane=$1 web pool database redis before after counted syncs output
	web=$(group_pids web)
	pool=${POOL_PIDS[${LANE_POOL[$lane]}]:-} # none: what the web server does by itself
	database=$(group_pids database)
	redis=$(group_pids redis)
	counted=$(store_counts)
	syncs_start "$database" "$redis"
	before=$(counters "$web" "$pool" "$database" "$redis")
	output=$(load "$lane" "$2" "$SECONDS_EACH")
	after=$(counters "$web" "$pool" "$database" "$redis")
	syncs=$(syncs_end)
	jq -sRc --arg lane "$lane" --argjson connections "$2" --argjson round "$3" \
		--arg load_kind "${4:-full}" --argjson x "${X:-null}" \
		--argjson units "${LANE_UNITS[$lane]:-1}" \
		--arg before "$before" --arg after "$after" --arg syncs "$syncs" \
		--arg counted "$counted $(store_counts)" --arg asked "$STORE_ASKED" \
		-f "$PERF/lib/run.jq" <<<"$output" | tee -a "$RAW" | show_run >&2
}

show_run() {
	jq -r '"  " + if .load == "half" then "half load" else "round \(.round)" end
		+ ", \(.connections) connections, \(.lane): \(.per_second | round)/s"
		+ if .not_2xx + .failed > 0 then
			", \(.not_2xx) NOT 2xx, \(.failed) FAILED" else "" end'
}

# Every other round runs backwards, so that no lane always comes after the
# same one.
rounds() {
	local round count lane order=()
	say "$TITLE: ${#LANES[@]} lanes, $ROUNDS rounds of $SECONDS_EACH s" >&2
	for lane in "${LANES[@]}"; do
		# A ceiling has no cache to be filled.
		if [ -z "$QUICK" ] || is_ours "$lane"; then
			load "$lane" 16 1 >/dev/null
		fi
	done
	for ((round = 1; round <= ROUNDS; round++)); do
		order=()
		for lane in "${LANES[@]}"; do
			if [ $((round % 2)) = 1 ]; then
				order+=("$lane")
			else
				order=("$lane" "${order[@]}")
			fi
		done
		for count in "${CONNECTIONS[@]}"; do
			for lane in "${order[@]}"; do
				measure "$lane" "$count" "$round"
			done
		done
	done
}

# is_ours LANE: no ceiling, nor a plain file.
is_ours() {
	[ "${LANE_POOL[$1]}" = tallystick ] || printf '%s\n' "${TARGETS[@]}" | grep -q "^$1 "
}

# half_load: each lane of ours once more, its connections idle for so long after
# an answer that about half as many requests come: what a client waits for while
# there is room.
half_load() {
	local lane count
	[ -z "$QUICK" ] || return 0
	for lane in "${LANES[@]}"; do
		is_ours "$lane" || continue
		for count in "${CONNECTIONS[@]}"; do
			PERF_PACE=$(jq -rn --arg lane "$lane" --argjson count "$count" \
				'[inputs | select(.lane == $lane and .connections == $count
					and .load == "full") | .requests * 1e6 / .us] | sort
				| .[length / 2 | floor]
				| if . > 0 then 2000 * $count / . else empty end' "$RAW")
			[ -n "$PERF_PACE" ] || continue # nothing was answered at all
			export PERF_PACE
			measure "$lane" "$count" 0 half
			unset PERF_PACE
		done
	done
}

# ---- sizes, memory, start -------------------------------------------------------

# note_sizes: bytes of a request and of its answer, with headers.
note_sizes() {
	local lane
	for lane in "${LANES[@]}"; do
		is_ours "$lane" || continue
		lane_env "$lane"
		fetch "${LANE_PATH[$lane]}" \
			"%{size_request} %{size_upload} %{size_header} %{size_download}" |
			jq -Rc --arg lane "$lane" 'split(" ") | map(tonumber)
				| {sizes: $lane, sent: (.[0] + .[1]), received: (.[2] + .[3])}' \
				>>"$RAW" || true
	done
}

# note_memory: what each process of a pool and of the servers holds after the
# load, in KiB. Pss shares the pages of libraries out among those that map them.
note_memory() {
	local group pid
	for group in "${!POOL_PIDS[@]}" web; do
		for pid in $(group_pids "$group"); do
			awk -v group="$group" '$1 == "Rss:" { rss = $2 }
				$1 == "Pss:" { pss = $2 }
				END { printf "{\"memory\":\"%s\",\"rss_kib\":%d,\"pss_kib\":%d}\n",
					group, rss, pss }' "/proc/$pid/smaps_rollup" >>"$RAW"
		done
	done
}

now_ms() {
	local t=$EPOCHREALTIME
	say $((${t/[.,]/} / 1000))
}

# note_start: from the start of a process until its first token has been
# received through the web server. The time of the same request a moment later
# is noted too: what of it belongs to curl and the web server.
note_start() {
	local attempt
	lane_env real
	stack stop pool
	for attempt in 1 2 3 4 5 6 7; do
		start_once "$attempt"
	done
	stack start pool
	POOL_PIDS[tallystick]=$(stack pids pool | xargs)
}

start_once() {
	local begin first again pid
	rm -f "$TALLYSTICK_FCGI_SOCKET"
	begin=$(now_ms)
	one_process &
	pid=$!
	# Not before: lighttpd leaves a socket that refused alone for a second.
	until socket_listens; do :; done
	fetch /oauth2/token '' >/dev/null || die "no token after a start"
	first=$(($(now_ms) - begin))
	begin=$(now_ms)
	fetch /oauth2/token '' >/dev/null
	again=$(($(now_ms) - begin))
	say "{\"start\":$1,\"first_ms\":$first,\"again_ms\":$again}" >>"$RAW"
	kill "$pid"
	wait "$pid" || true
}

# Flags of a socket in listen state: __SO_ACCEPTCON.
socket_listens() {
	grep -q " 00010000 .* $TALLYSTICK_FCGI_SOCKET\$" /proc/net/unix
}

# In place of this subshell, so that its id is the process's.
one_process() {
	local options=()
	! is_root || options=(-U "$(web_user)")
	exec spawn-fcgi -n -s "$TALLYSTICK_FCGI_SOCKET" -M 0600 "${options[@]}" -- \
		"$TALLYSTICK" --config "$TALLYSTICK_CONF" serve 2>>"$WORK/start.log"
}
