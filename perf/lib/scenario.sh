# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# SPDX-License-Identifier: Apache-2.0
# What a scenario file is made of, and how one is run. Sourced by perf/run.

# ceiling NAME [WORK]...: a responder of perf/ceiling.c that does this work.
ceiling() {
	CEILINGS+=("$1")
	CEILING_WORK[$1]=${*:2}
}

# lane NAME POOL PATH SCRIPT: one of the things that are measured in turn.
# POOL is "tallystick", the name of a ceiling, or "web" for what the web server
# does by itself; SCRIPT one of perf/wrk, or a plan: k6/NAME, jmeter/NAME.
lane() {
	LANES+=("$1")
	LANE_POOL[$1]=$2
	LANE_PATH[$1]=$3
	LANE_SCRIPT[$1]=$4
}

# units LANE N: a request of this lane does N of what is counted.
units() {
	LANE_UNITS[$1]=$2
}

# plan NAME SCRIPT USERS [KIND]: a lane that is a plan of k6 or JMeter, with so many
# users; KIND is what load_k6 or load_jmeter make of it.
plan() {
	lane "$1" tallystick "${4:-}" "$2"
	PLAN_USERS[$1]="${PLAN_USERS[$1]:-} $3"
}

# target LANE REFERENCE RATIO: what is to be reached.
target() {
	TARGETS+=("$1 $2 $3")
}

# ratio LANE REFERENCE: is told, and nothing is to be reached.
ratio() {
	target "$1" "$2" null
}

# What the scenario runs with, unless the command line says otherwise.
setting() {
	SETS=(--set "$1" "${SETS[@]}")
}

# db_option NAME=VALUE: of the database server.
db_option() {
	DB_OPTIONS+=(--db-option "$1")
}

threads() {
	THREADS=${THREADS:-$1}
}

# connections N...: of them --quick has the last.
connections() {
	[ ${#CONNECTIONS[@]} = 0 ] || return 0
	CONNECTIONS=("$@")
	[ -z "$QUICK" ] || CONNECTIONS=("${@: -1}")
}

# status_pool NAME DIRECTIVE=VALUE...: a pool of status lists, in the configuration.
status_pool() {
	local name=$1 setting
	shift
	POOL_KEY[$name]=$(random_hex 32)
	for setting; do
		setting "pool.$name.$setting"
	done
	setting "pool.$name.api-keys=perf:$(printf '%s' "${POOL_KEY[$name]}" | sha256sum | cut -d ' ' -f 1)"
}

# rounds_of ROUNDS SECONDS
rounds_of() {
	ROUNDS=${ROUNDS:-$1}
	SECONDS_EACH=${SECONDS_EACH:-$2}
}

# slow WHY: left out of --quick, unless it is named.
slow() {
	SLOW=$1
}

# skip REASON: what cannot be run here, or is not wanted now, is said in the
# report, too.
skip() {
	say "  not run: $*" >&2
	jq -nc --arg name "$NAME" --arg title "$TITLE" --arg reason "$*" \
		'{name: $name, scenario: $title, skipped: $reason}' >"$RESULT"
	exit 0
}

# Clients, users and requests that a scenario needs: with lib/data.sh, once the
# stack is up.
prepare() {
	:
}

# In a subshell, so that scenarios do not see each other.
run_scenario() {
	NAME=$1
	TITLE=$1
	LANES=() TARGETS=() CEILINGS=() DB_OPTIONS=() WITH_START='' AXIS='' X='' SLOW='' GENERATOR="wrk -t 1"
	declare -gA PLAN_USERS=() LANE_UNITS=() LANE_POOL=() LANE_PATH=() LANE_SCRIPT=() CEILING_WORK=()
	# shellcheck disable=SC1090
	. "$PERF/scenario/$NAME.sh"
	threads 4
	connections 16 100
	rounds_of 15 2
	RAW=$RESULTS/raw/$NAME-$SERVER.jsonl
	RESULT=$RESULTS/$NAME-$SERVER.json
	: >"$RAW"
	[ -z "$SLOW" ] || [ -z "$QUICK" ] || [ -n "$NAMED" ] || skip "--quick: $SLOW"
	begin_work
	scenario
}

# What is started is stopped, however it ends.
begin_work() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/tallystick-perf.XXXXXX")
	trap cleanup EXIT
	trap 'exit 130' INT TERM
	chmod 711 "$WORK"
}

cleanup() {
	pools_stop
	stack down >/dev/null || true
	rm -rf "$WORK"
}

# What most scenarios are: lanes in alternating rounds. A scenario file that
# is something else defines a function of this name itself.
scenario() {
	stack_up
	prepare
	ceilings_start
	[ -z "$AGAINST" ] || against_start
	[ -z "$WITH_START" ] || note_start
	rounds
	half_load
	finish
}

# finish: what is noted at the end, while all of it still runs.
finish() {
	note_sizes
	note_memory
	report
}

# points MOST POINT...: of those that --quick has, only the ones up to MOST.
points() {
	local most=$1 point
	shift
	POINTS=()
	for point; do
		[ -n "$QUICK" ] && [ "$point" -gt "$most" ] || POINTS+=("$point")
	done
}

# sweep POINT...: the lanes at each of these points of $AXIS, which the scenario's
# function "at" brings about.
sweep() {
	for X; do
		say "$AXIS: $X" >&2
		at "$X"
		rounds
	done
	X=
}

# plans_prepare: the data of the plans, with perf/prepare, whose times are noted.
plans_prepare() {
	"$PERF/prepare" --stack "$WORK/stack" --dir "$WORK/data" >&2
	while read -r; do
		jq -c '{note: "\(.count) \(.what) made in", value: .seconds, unit: "s"}' \
			<<<"$REPLY" >>"$RAW"
	done <"$WORK/data/made.jsonl"
}

# plans: each plan with each of its numbers of users, round by round.
plans() {
	local round lane users
	[ -d "$WORK/data" ] || plans_prepare
	for ((round = 1; round <= ROUNDS; round++)); do
		for lane in "${LANES[@]}"; do
			for users in ${PLAN_USERS[$lane]}; do
				measure "$lane" "$users" "$round"
			done
		done
	done
	note_memory
	report
	"$PERF/prepare" --stack "$WORK/stack" --dir "$WORK/data" --remove >&2
}
