# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# SPDX-License-Identifier: Apache-2.0
# The load generators: wrk for rates and ratios, k6 and JMeter for the plans of
# the reference systems. Each gives one line of JSON, with the members of
# wrk/report.lua, and one with its processor time in seconds. Sourced by perf/run.

# load LANE CONNECTIONS SECONDS
load() {
	local script=${LANE_SCRIPT[$1]} TIMEFORMAT='%U %S'
	case $script in
	k6/*) load_k6 "${script#k6/}" "$2" "$3" "$1" ;;
	jmeter/*) load_jmeter "${script#jmeter/}" "$2" "$3" "$1" ;;
	*)
		lane_env "$1"
		{
			time PERF_WRK=$PERF/wrk wrk -t 1 -c "$2" -d "$3" -s "$PERF/wrk/$script.lua" \
				"$TALLYSTICK_URL${LANE_PATH[$1]}"
		} 2>&1 | tail -n 2
		;;
	esac
}

# ---- k6 ----------------------------------------------------------------------

# find_k6: sets K6; fails when there is none.
find_k6() {
	K6=${K6:-$(find_program k6 || true)}
	[ -n "$K6" ] || [ ! -x "$HOME/go/bin/k6" ] || K6=$HOME/go/bin/k6
	[ -n "$K6" ]
}

# load_k6 PLAN USERS SECONDS LANE
load_k6() {
	local out=$WORK/k6.json
	rm -f "$out"
	{
		time "$K6" run --quiet --no-color --no-usage-report --summary-export "$out" \
			-e DATA="$WORK/data" -e VUS="$2" -e DURATION="${3}s" \
			-e POOL="${LANE_PATH[$4]}" "$PERF/k6/$1.js" >"$WORK/k6.log" 2>&1
	} 2>"$WORK/time" || [ -s "$out" ] || die "k6 has failed: $(tail -n 3 "$WORK/k6.log")"
	jq -c -f "$PERF/lib/k6.jq" "$out"
	cat "$WORK/time"
}

# ---- JMeter --------------------------------------------------------------------

# find_jmeter: sets JMETER, to one that can open a plan.
find_jmeter() {
	local path
	for path in "${JMETER:-}" "$TOP/.cache/jmeter/bin/jmeter" "$(find_program jmeter || true)"; do
		[ -x "$path" ] || continue
		JMETER=$path
		return 0
	done
	return 1
}

# jmeter_opens: whether it opens a plan at all; that of Debian 12 does not.
jmeter_opens() {
	local file=$WORK/opens.jtl
	load_jmeter_run client_credentials 1 1 none "$file" >"$WORK/opens.log" 2>&1 &&
		[ -s "$file" ]
}

# load_jmeter PLAN USERS SECONDS LANE: of the lane's PATH we have the persistence.
load_jmeter() {
	local file=$WORK/result.jtl
	{
		time load_jmeter_run "$1" "$2" "$3" "${LANE_PATH[$4]}" "$file" \
			>"$WORK/jmeter.log" 2>&1
	} 2>"$WORK/time" || die "JMeter has failed: $(tail -n 3 "$WORK/jmeter.log")"
	"$PERF/lib/jtl.py" "$1" "$file"
	cat "$WORK/time"
}

# load_jmeter_run PLAN USERS SECONDS PERSISTENCE FILE
load_jmeter_run() {
	local url=${TALLYSTICK_URL#http://}
	rm -f "$5"
	"$JMETER" -n -t "$PERF/jmeter/$1.jmx" -l "$5" -j "$WORK/jmeter-own.log" \
		-Jjmeter.save.saveservice.output_format=csv \
		-Jjmeter.save.saveservice.print_field_names=true \
		-Jhost="${url%:*}" -Jport="${url##*:}" -Jusers="$2" -Jduration="$3" \
		-Jpersistence="$4" -Jdata="$WORK/data"
}
