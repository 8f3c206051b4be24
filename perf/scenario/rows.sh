# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# SPDX-License-Identifier: Apache-2.0
# Do issuing and look-ups get slower with the rows that are stored, up to ten
# million, half of them expired? "none" needs no row: it shows what the machine
# does at the same time. At the end the expired ones are purged, under load.

TITLE="rate by tokens stored"
AXIS="rows of access tokens"

slow "it fills in ten million rows"
threads 32
connections 100
rounds_of 9 2
db_option innodb-buffer-pool-size=256M

lane none tallystick /oauth2/token      form
lane all  tallystick /oauth2/token      form
lane look tallystick /oauth2/introspect forms

ratio all  none
ratio look none

NOW=$EPOCHSECONDS
TODAY=$((NOW / 86400))
DAY=$(((NOW + 3600) / 86400)) # on which what is issued now expires

scenario() {
	points 1000000 0 100000 1000000 10000000
	enough_room
	stack_up
	add_client kept --grant client_credentials --persistence all
	add_client opaque --grant client_credentials --format opaque --persistence all
	add_client resource --grant client_credentials --introspect
	access_tokens 600 opaque | sed 's/^/token=/' >"$WORK/forms"
	fill_expired_partition "$TODAY"
	sweep "${POINTS[@]}"
	note_row_size
	purge
	finish
}

enough_room() {
	local free most=${POINTS[-1]}
	free=$(df --output=avail -B 1M "$WORK" | tail -n 1)
	[ "$free" -gt $((most / 1000)) ] || skip "$free MiB free are not enough for $most rows"
}

FILLED=0
at() {
	local half=$(($1 / 2))
	[ "$half" -gt "$FILLED" ] || return 0
	fill_durable 0
	fill_tokens $((TODAY - 2)) "$NOW" "$FILLED" "$half"
	fill_tokens "$DAY" "$NOW" "$FILLED" "$half"
	fill_durable 1
	FILLED=$half
}

# Of the rows that were filled in, which are like those of the service.
note_row_size() {
	stack sql "ANALYZE TABLE access_token" >/dev/null
	note "bytes of a row of access_token" "$(fill_value "SELECT
		ROUND(SUM(DATA_LENGTH + INDEX_LENGTH) / SUM(TABLE_ROWS)) FROM
		information_schema.PARTITIONS WHERE TABLE_SCHEMA = 'tallystick'
		AND TABLE_NAME = 'access_token' AND TABLE_ROWS > 1000")" bytes
}

purge() {
	local began took
	X=${POINTS[-1]}
	SECONDS_EACH=5
	measure all 100 0 purge &
	sleep 1
	began=$(now_ms)
	tallystick purge >/dev/null
	took=$(($(now_ms) - began))
	wait $!
	note "purge of $FILLED expired rows under load" "$took" ms 2000
}

lane_env() {
	case $1 in
	all) post_form grant_type=client_credentials kept "${SECRET[kept]}" ;;
	look) post_forms "$WORK/forms" resource "${SECRET[resource]}" ;;
	*) post_form grant_type=client_credentials "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" ;;
	esac
}
