# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# SPDX-License-Identifier: Apache-2.0
# Lists of fifty thousand entries up to ten million, one in a hundred of them set:
# handing out and updating should not notice, and fetching only by the size of
# the answer. And for each size, what a list takes in Redis and what it costs to
# publish one that has changed, by "tallystick publish --once": no process of the
# pool publishes here, but one beside it that can be stopped.

TITLE="rate by size of a status list"
AXIS="entries of a list"

slow "lists of up to ten million entries"
threads 64
connections 100
rounds_of 5 2
setting status.publisher=off

lane reference tallystick REFERENCE            request
lane update    tallystick /status-lists/update updates
lane static    web        LIST                 request
lane handler   tallystick LIST                 request

scenario() {
	stack_up
	points 1000000 50000 1000000 10000000
	sweep "${POINTS[@]}"
	publisher_stop
	finish
}

at() {
	local pool=perf-size-$1
	publisher_start
	add_pool "$pool" size="$1" precreation-lists=1 publish=immediate
	LIST=$(new_list "$pool")
	SIZE=$1
	set_some "$pool" "$LIST" "$1" $(($1 / 100))
	publisher_stop
	note_publish "$pool"
	note_list_memory "$pool"
	publisher_start
	LANE_PATH[reference]=/pools/$pool/new-references
	LANE_PATH[static]=${LIST#"$TALLYSTICK_URL"}
	LANE_PATH[handler]=${LANE_PATH[static]}
}

# ---- the publisher ----------------------------------------------------------------

publisher_start() {
	[ -z "${POOL_PIDS[publisher]:-}" ] || return 0
	"$TALLYSTICK" --config "$TALLYSTICK_CONF" publish >>"$WORK/publish.log" 2>&1 &
	POOL_PIDS[publisher]=$!
}

# It gives up its lease.
publisher_stop() {
	kill "${POOL_PIDS[publisher]}"
	wait "${POOL_PIDS[publisher]}" || true
	unset "POOL_PIDS[publisher]"
}

# publish_ms POOL: processor time of publishing what is due.
publish_ms() {
	local TIMEFORMAT='%U %S'
	{
		time tallystick publish --once --pool "$1" >"$WORK/once.log" 2>&1
	} 2>"$WORK/time" || die "publish --once: $(cat "$WORK/once.log")"
	awk '{ printf "%d\n", ($1 + $2) * 1000 }' "$WORK/time"
}

# What starting costs is taken off; the best of five, for it cannot take less.
note_publish() {
	local attempt idle=() busy=()
	publish_ms "$1" >/dev/null
	for attempt in 1 2 3 4 5; do
		idle+=("$(publish_ms "$1")")
		set_some "$1" "$LIST" "$SIZE" 1
		busy+=("$(publish_ms "$1")")
	done
	note "publishing a list of $SIZE × 1 bit, processor time" \
		$(($(least "${busy[@]}") - $(least "${idle[@]}"))) ms $((SIZE > 1000000 ? 500 : 50))
}

least() {
	printf '%s\n' "$@" | sort -n | head -n 1
}

# What Redis holds for the first list beyond its bits and the signed tokens.
note_list_memory() {
	local bits record
	bits=$(stack redis MEMORY USAGE "tally:{$1}:b0")
	record=$(stack redis MEMORY USAGE "tally:{$1}:r0")
	note "Redis for the bits of a list of $SIZE, beyond them" $((bits - SIZE / 8)) bytes 1024
	note "Redis for the record of a list of $SIZE, with its JWT and CWT" "$record" bytes
}

lane_env() {
	case $1 in
	reference) ask_pool "perf-size-$SIZE" ;;
	update) update_list "perf-size-$SIZE" "$LIST" "$SIZE" ;;
	*) send_nothing ;;
	esac
	[ "$1" != handler ] || PERF_ACCEPT="application/statuslist+jwt;q=0.9"
}
