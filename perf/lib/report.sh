# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2004
# SPDX-License-Identifier: Apache-2.0
# From the raw lines to a result and a table. Sourced by perf/run.

conditions() {
	jq -n \
		--arg commit "$(git -C "$TOP" describe --always --dirty 2>/dev/null || true)" \
		--arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		--argjson cores "$(getconf _NPROCESSORS_ONLN)" \
		--argjson memory_mib "$(awk '/^MemTotal/ { printf "%d", $2 / 1024 }' /proc/meminfo)" \
		--arg kernel "$(uname -sr | sed 's/-.*//')" \
		--arg openssl "$(openssl version)" \
		--arg server "$(server_version)" \
		--arg database "$TALLYSTICK_DB_KIND $(stack sql 'SELECT VERSION()' | tail -n 1)" \
		--arg redis "$(stack redis INFO server | tr -d '\r' |
			sed -n 's/^redis_version://p')" \
		--arg durability "$(durability)" \
		--argjson processes "$PROCESSES" --argjson threads "$THREADS" \
		--argjson rounds "$ROUNDS" --argjson seconds "$SECONDS_EACH" \
		--arg settings "${SETS[*]}" --arg load_generator "$GENERATOR on the same machine" \
		--argjson syncs_counted "${SYNCS_COUNTED:-false}" \
		'$ARGS.named'
}

# durability: what is on disk when a token or an update is answered.
durability() {
	local log bin
	log=$(stack sql "SELECT @@innodb_flush_log_at_trx_commit" | tail -n 1)
	bin=$(stack sql "SELECT @@sync_binlog" | tail -n 1)
	say "innodb_flush_log_at_trx_commit=$log, sync_binlog=$bin," \
		"appendfsync $(stack redis CONFIG GET appendfsync | tail -n 1)"
}

server_version() {
	case $SERVER in
	lighttpd) "$(find_program lighttpd)" -v ;;
	apache) "$(find_program apache2 httpd)" -v ;;
	esac | head -n 1
}

# note NAME VALUE UNIT [MOST]: a figure that is no lane's, and what it should be at
# the most.
note() {
	jq -nc --arg note "$1" --argjson value "$2" --arg unit "$3" --argjson most "${4:-null}" \
		'$ARGS.named' >>"$RAW"
	say "  $1: $2 $3" >&2
}

# report: $RAW becomes $RESULT and a table.
report() {
	jq -n --arg scenario "$TITLE" --arg name "$NAME" --arg date "$(date -u +%FT%TZ)" \
		--argjson conditions "$(conditions)" \
		--argjson axis "$(axis)" \
		--arg targets "$(printf '%s\n' "${TARGETS[@]}")" \
		--slurpfile lines "$RAW" -f "$PERF/lib/report.jq" >"$RESULT"
	say
	jq -r '"\(.scenario)\n\(.conditions | "\(.server), \(.processes) processes of " +
		"\(.threads) threads, \(.cores) cores with the load on them")\n"' "$RESULT"
	jq -r -f "$PERF/lib/table.jq" "$RESULT" | awk -v RS= '{
		print | "column -t -s \"|\""; close("column -t -s \"|\""); print "" }'
	say "written: $RESULT"
}

# axis: what the points of a sweep are, or null.
axis() {
	if [ -z "$AXIS" ]; then
		say null
	else
		jq -n --arg name "$AXIS" '{name: $name}'
	fi
}
