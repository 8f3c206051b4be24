# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2004
# SPDX-License-Identifier: Apache-2.0
# From the raw lines to a result and a table. Sourced by perf/run.

conditions() {
	jq -n \
		--arg commit "$(git -C "$TOP" describe --always --dirty 2>/dev/null || true)" \
		--arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		--argjson cores "$(getconf _NPROCESSORS_ONLN)" \
		--arg kernel "$(uname -sr | sed 's/-.*//')" \
		--arg openssl "$(openssl version)" \
		--arg server "$(server_version)" \
		--arg database "$TALLYSTICK_DB_KIND $(stack sql 'SELECT VERSION()' | tail -n 1)" \
		--argjson processes "$PROCESSES" --argjson threads "$THREADS" \
		--argjson rounds "$ROUNDS" --argjson seconds "$SECONDS_EACH" \
		--arg settings "${SETS[*]}" \
		'$ARGS.named + {load_generator: "wrk -t 1 on the same machine"}'
}

server_version() {
	case $SERVER in
	lighttpd) "$(find_program lighttpd)" -v ;;
	apache) "$(find_program apache2 httpd)" -v ;;
	esac | head -n 1
}

# report: $RAW becomes $RESULT and a table.
report() {
	jq -n --arg scenario "$TITLE" --arg date "$(date -u +%FT%TZ)" \
		--argjson conditions "$(conditions)" \
		--arg targets "$(printf '%s\n' "${TARGETS[@]}")" \
		--slurpfile lines "$RAW" -f "$PERF/lib/report.jq" >"$RESULT"
	say
	jq -r '"\(.scenario)\n\(.conditions | "\(.server), \(.processes) processes of " +
		"\(.threads) threads, \(.cores) cores with the load on them")\n"' "$RESULT"
	jq -r -f "$PERF/lib/table.jq" "$RESULT" | awk -v RS= '{
		print | "column -t -s \"|\""; close("column -t -s \"|\""); print "" }'
	say "written: $RESULT"
}
