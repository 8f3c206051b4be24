# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2004
# SPDX-License-Identifier: Apache-2.0
# One run of the load generator, and what is read from /proc around it. Sourced
# by perf/run.

TICK_US=$((1000000 / $(getconf CLK_TCK)))

# cpu_us PID...: processor time used so far, of all threads.
cpu_us() {
	local pid files=()
	for pid; do
		files+=("/proc/$pid/stat")
	done
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

web_pids() {
	# shellcheck disable=SC2046 # ids
	tree $(stack pids web)
}

# load LANE CONNECTIONS SECONDS: one line of JSON, and one with the processor
# time of the load generator, in seconds.
load() {
	local script=$PERF/wrk/${LANE_SCRIPT[$1]}.lua TIMEFORMAT='%U %S'
	lane_env "$1"
	{
		time PERF_WRK=$PERF/wrk wrk -t 1 -c "$2" -d "$3" -s "$script" \
			"$TALLYSTICK_URL${LANE_PATH[$1]}"
	} 2>&1 | tail -n 2
}

# Database and Redis, on the same machine here.
store_pids() {
	# shellcheck disable=SC2046 # ids
	tree $(stack pids database) $(stack pids redis)
}

# counters WEB_PIDS POOL_PIDS STORE_PIDS
counters() {
	# shellcheck disable=SC2086 # ids
	say "$(machine_us) $(cpu_us $1) $(cpu_us $2) $(cpu_us $3)"
}

# measure LANE CONNECTIONS ROUND: appends a line to $RAW and shows progress.
measure() {
	local lane=$1 pool web store before after line
	pool=${POOL_PIDS[${LANE_POOL[$lane]}]}
	web=$(web_pids)
	store=$(store_pids)
	before=$(counters "$web" "$pool" "$store")
	line=$(load "$lane" "$2" "$SECONDS_EACH")
	after=$(counters "$web" "$pool" "$store")
	line=$(jq -sRc --arg lane "$lane" --argjson connections "$2" --argjson round "$3" \
		--arg before "$before" --arg after "$after" -f "$PERF/lib/run.jq" <<<"$line")
	printf '%s\n' "$line" >>"$RAW"
	jq -r '"  round \(.round), \(.connections) connections, \(.lane): "
		+ "\(.per_second | round) requests/s"
		+ if .not_2xx + .failed > 0 then
			", \(.not_2xx) NOT 200, \(.failed) FAILED" else "" end' \
		<<<"$line" >&2
}

# Every other round runs backwards, so that no lane always comes after the
# same one.
rounds() {
	local round count lane order=()
	say "$TITLE: ${#LANES[@]} lanes, $ROUNDS rounds of $SECONDS_EACH s" >&2
	for lane in "${LANES[@]}"; do
		load "$lane" 16 1 >/dev/null
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

# note_memory: what each process of a pool holds after the load, in KiB. Pss
# shares the pages of libraries out among those that map them.
note_memory() {
	local pool pid
	for pool in "${!POOL_PIDS[@]}"; do
		for pid in ${POOL_PIDS[$pool]}; do
			awk -v pool="$pool" '$1 == "Rss:" { rss = $2 }
				$1 == "Pss:" { pss = $2 }
				END { printf "{\"memory\":\"%s\",\"rss_kib\":%d,\"pss_kib\":%d}\n",
					pool, rss, pss }' "/proc/$pid/smaps_rollup" >>"$RAW"
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
