#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Expired tokens go by the partition, while tokens are issued: nothing waits,
# nothing that lives is lost, and --dry-run only says so.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-token.sh
. "$TALLY_SRCDIR/tests/it/lib-token.sh"

command -v python3 >/dev/null || missing_all "python3 is there" "python3"
TABLES="access_token refresh_token refresh_use revocation"
TODAY=$(($(date +%s) / 86400))

# number STATEMENT: its one result.
number() {
	stack sql "$1" | tail -n 1
}

# partitions TABLE: name and end of each, in order.
partitions() {
	stack sql "SELECT CONCAT(PARTITION_NAME, ' ', PARTITION_DESCRIPTION)
		FROM information_schema.PARTITIONS
		WHERE TABLE_SCHEMA = 'tallystick' AND TABLE_NAME = '$1'
		ORDER BY PARTITION_ORDINAL_POSITION" | tail -n +2
}

all_partitions() {
	local table
	for table in $TABLES; do
		partitions "$table" | sed "s/^/$table /"
	done
}

# age TABLE: gives it partitions of the days before today, as if it had been purged
# all along, and expired rows in them.
age() {
	local first
	first=$(partitions "$1" | sed -n '1s/ / /p')
	stack sql "ALTER TABLE tallystick.$1 REORGANIZE PARTITION ${first% *} INTO (
		PARTITION old3 VALUES LESS THAN ($((TODAY - 20))),
		PARTITION old2 VALUES LESS THAN ($((TODAY - 10))),
		PARTITION old1 VALUES LESS THAN ($((TODAY - 5))),
		PARTITION ${first% *} VALUES LESS THAN (${first#* }))"
}

expired_rows() {
	stack sql "INSERT INTO tallystick.access_token (day, id, family, client, user, subject,
		scope, audience, digest, expires_at)
		SELECT $((TODAY - 21)) + n % 10, UNHEX(LPAD(HEX(n), 32, '0')), '', 1, 0, 'x', 'read',
			'x', '', 1
		FROM (SELECT a.i + 10 * b.i + 100 * c.i + 1000 * d.i AS n
			FROM digit a, digit b, digit c, digit d) AS numbers"
}

on() {
	local kind=$1 before after
	SECRET=()
	add_client cc --grant client_credentials --scope read
	add_client app --grant password --grant refresh_token --scope read
	add_user ann 'a password' >/dev/null
	export CC=cc CC_SECRET=${SECRET[cc]} APP=app APP_SECRET=${SECRET[app]}
	export LOGIN=ann PASSWORD='a password'

	# ---- more partitions -----------------------------------------------------
	before=$(all_partitions)
	like "$kind: --dry-run says what would be made" "$(program purge --ahead 30 --dry-run)" \
		"add access_token p[0-9]{8}.*would be: [1-9][0-9]* partitions added, 0 dropped"
	is "$kind: and makes nothing" "$(all_partitions)" "$before"
	tokens_start cc,chain "$TEST_TMP/record"
	ok "$kind: they are made, under load" program purge --ahead 30
	for table in $TABLES; do
		ok "$kind: $table has partitions for what is to come" \
			[ "$(partitions "$table" | wc -l)" -gt 3 ]
		is "$kind: $table has one for all the rest" \
			"$(partitions "$table" | tail -n 1)" "pmax MAXVALUE"
	done
	is "$kind: a token is in the partition of its day" \
		"$(number "SELECT COUNT(*) > 0 FROM tallystick.access_token WHERE day >= $TODAY")" 1
	is "$kind: the next has nothing to do" "$(program purge --ahead 30 --json |
		jq -c '[.partitions_added, .partitions_dropped]')" "[0,0]"

	# ---- expired ones --------------------------------------------------------
	for table in $TABLES; do
		age "$table"
	done
	stack sql "CREATE TABLE digit (i INT); INSERT INTO digit
		VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)"
	expired_rows
	is "$kind: there are expired tokens" \
		"$(number "SELECT COUNT(*) FROM tallystick.access_token WHERE day < $TODAY")" 10000
	before=$(all_partitions)
	like "$kind: --dry-run says what would be dropped" "$(program purge --dry-run)" \
		"drop access_token old3.*would be: 0 partitions added, 12 dropped"
	is "$kind: and drops nothing" "$(all_partitions)" "$before"
	ok "$kind: (the load goes on)" kill -0 "$LOAD_PID"
	after=$(program purge)
	like "$kind: expired partitions are dropped, under load" "$after" "12 dropped"
	like "$kind: it says how far it is" "$after" "drop refresh_token old1"
	is "$kind: nothing that has expired is left" \
		"$(number "SELECT COUNT(*) FROM tallystick.access_token WHERE day < $TODAY")" 0
	tokens_end
	isnt "$kind: tokens were issued meanwhile" "$(load_count 200)" 0
	is "$kind: and no request failed" "$(load_bad)" 0
	for table in access_token refresh_token; do
		stack sql "SELECT CONCAT('$table ', LOWER(HEX(id))) FROM tallystick.$table" |
			grep "^$table "
	done >"$TEST_TMP/ids"
	is "$kind: nothing that lives is lost ($(wc -l <"$TEST_TMP/record"))" \
		"$(python3 -B "$HERE/tokens.py" missing "$TEST_TMP/record" <"$TEST_TMP/ids")" ""
	is "$kind: tokens are issued" "$(grant cc client_credentials)" 200
	is "$kind: and found" "$(active cc "$(body .access_token)")" true

	# ---- what is wrong -------------------------------------------------------
	not_ok "$kind: --ahead must be a number" program purge --ahead many
	stack kill database --signal STOP
	not_ok "$kind: a database that does not answer is no success" timeout 30 \
		"$PROGRAM" --config "$TALLYSTICK_CONF" purge
	stack kill database --signal CONT
	ok "$kind: ready again" wait_until 20 is_ready
	no_reports
}

for kind in mysql mariadb; do
	if ! stack up --program "$PROGRAM" --db "$kind" --server lighttpd \
		--threads 16 --set passwords.parallel=8 --set passwords.cache=1h \
		--set tokens.persistence=all --set database.timeout=2s \
		--set database.connect-timeout=1s >"$TEST_TMP/up" 2>&1; then
		missing "$kind" "a $kind server: $(tail -n 1 "$TEST_TMP/up")"
		continue
	fi
	eval "$(stack env)"
	at_exit_down
	on "$kind"
	stack down >/dev/null
done
done_testing
