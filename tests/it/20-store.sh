#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The store against real servers, MySQL and MariaDB: all operations, and what
# happens while the server is killed, stopped, read-only or full of locks.
#
# TALLY_IT_KINDS   servers to try: "mysql mariadb"
# TALLY_IT_LOADER  words in front of the programs, for another system's libraries
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
programs=${TALLY_BUILDDIR:?}/tests/it
read -ra loader <<<"${TALLY_IT_LOADER:-}"
sanitized=$TALLY_SRCDIR/build-asan/tests/it/store_test
export CMOCKA_MESSAGE_OUTPUT=TAP

free_port() {
	local port
	for ((port = 23306 + RANDOM % 10000; ; port++)); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# make_ca NAME: an authority that nobody else trusts.
make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj "/CN=$1" -keyout "$TEST_TMP/$1.key" -out "$TEST_TMP/$1.pem"
}

# The server's certificate is for the name localhost, not for any address.
make_certificates() {
	make_ca ca && make_ca other-ca &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-subj "/CN=localhost" -keyout "$TEST_TMP/server.key" \
			-out "$TEST_TMP/server.csr" &&
		openssl x509 -req -days 2 -in "$TEST_TMP/server.csr" \
			-CA "$TEST_TMP/ca.pem" -CAkey "$TEST_TMP/ca.key" -CAcreateserial \
			-extfile <(echo "subjectAltName=DNS:localhost") -out "$TEST_TMP/server.pem"
}

# start_server KIND: sets DIR, PORT and what the programs read.
start_server() {
	DIR=$TEST_TMP/$1
	PORT=$(free_port)
	mkdir "$DIR"
	cat >"$DIR/db-options" <<-END
		skip-networking = 0
		require-secure-transport = 0
		bind-address = 127.0.0.1
		port = $PORT
		ssl-ca = $TEST_TMP/ca.pem
		ssl-cert = $TEST_TMP/server.pem
		ssl-key = $TEST_TMP/server.key
		sync-binlog = 0
		innodb-flush-log-at-trx-commit = 2
	END
	cat >"$DIR/tallystick.conf" <<-END
		[server]
		issuer = https://issuer.example
		[database]
		socket = $DIR/db.sock
		password-file = $DIR/db.password
		timeout = 2s
		connections = 3
	END
	at_exit "$TALLY_SRCDIR/tests/it/database" "$DIR" "$1" stop
	"$TALLY_SRCDIR/tests/it/database" "$DIR" "$1" start >"$TEST_TMP/start.log" 2>&1 || return
	export TALLYSTICK_CONF=$DIR/tallystick.conf
	export TALLY_IT_SERVER="$TALLY_SRCDIR/tests/it/database $DIR $1"
	export TALLY_IT_ADMIN=$DIR/admin.password TALLY_IT_PORT=$PORT
	export TALLY_IT_CA=$TEST_TMP/ca.pem TALLY_IT_OTHER_CA=$TEST_TMP/other-ca.pem
}

# run_program NAME PROGRAM: its results become ours.
run_program() {
	local log=$TEST_TMP/program.log rc line seen=0
	"${loader[@]}" "$2" >"$log" 2>&1 </dev/null
	rc=$?
	while read -r line; do
		case $line in
		"ok "*) pass "$1: ${line#ok * - }" ;;
		"not ok "*) fail "$1: ${line#not ok * - }" ;;
		"# "*) diag "${line#??}" && continue ;;
		*) continue ;;
		esac
		seen=$((seen + 1))
	done <"$log"
	is "$1: all planned tests ran" "$seen of 1..$seen" "$seen of $(grep -m 1 '^1\.\.' "$log")"
	[ "$rc" = 0 ] || [ "$TEST_FAILED" != 0 ] || fail "$1" "exit status $rc" "$(cat "$log")"
	is "$1: no password is shown" "$(grep -cF -e "$(cat "$DIR/db.password")" "$log")" 0
}

# admin: an SQL client as the user who may do everything.
admin() {
	MYSQL_PWD=$(cat "$DIR/admin.password") "$client" --no-defaults \
		--socket="$DIR/db.sock" --user=admin --database=tallystick "$@"
}

# admin_file FILE: all statements of it, up to the first that fails.
# shellcheck disable=SC2317 # called by "ok"
admin_file() {
	admin <"$1"
}

# The user that serves, with what sql/grants.sql gives and nothing else.
test_grants() {
	local conf=$DIR/tallystick.conf
	sed "s/'tallystick'@'%'/'serving'@'localhost'/" "$TALLY_SRCDIR/sql/grants.sql" \
		>"$DIR/grants.sql"
	printf '%s\n' "CREATE USER 'serving'@'localhost' IDENTIFIED BY '$(cat "$DIR/db.password")';" |
		admin && ok "$1: grants.sql is accepted" admin_file "$DIR/grants.sql" || return
	sed '/^password-file/i user = serving' "$conf" >"$DIR/serving.conf"
	TALLYSTICK_CONF=$DIR/serving.conf run_program "$1" "$programs/store_rights_test"
}

partitions() {
	admin -N -e "SELECT TABLE_NAME, COUNT(*), MAX(PARTITION_NAME) FROM information_schema.PARTITIONS
		WHERE TABLE_SCHEMA = 'tallystick' AND PARTITION_NAME LIKE 'p2%' GROUP BY TABLE_NAME
		ORDER BY TABLE_NAME"
}

# The event and "tallystick purge" come to the same.
test_event() {
	local purge=("${loader[@]}" "$TALLY_BUILDDIR/tallystick" purge --json)
	ok "$1: event.sql is accepted" admin_file "$TALLY_SRCDIR/sql/event.sql" || return
	ok "$1: a partition of the past" admin -e "ALTER TABLE access_token REORGANIZE PARTITION pmax
		INTO (PARTITION p20200101 VALUES LESS THAN (18263),
		PARTITION pmax VALUES LESS THAN MAXVALUE)"
	ok "$1: the event's procedure runs" admin -e "CALL tallystick_purge()"
	is "$1: it drops what has expired" "$(partitions | grep -c 2020)" 0
	local made
	made=$(partitions)
	is "$1: it makes partitions of four tables" "$(wc -l <<<"$made")" 4
	like "$1: after it, purge has nothing to do" "$("${purge[@]}" 2>&1)" \
		'"partitions_added": ?0, ?"partitions_dropped": ?0'
	is "$1: and changes nothing" "$(partitions)" "$made"
	ok "$1: the event is taken away" admin -e "DROP EVENT tallystick_purge"
}

openssl_log=$(make_certificates 2>&1) || bail "certificates are made" "$openssl_log"
for kind in ${TALLY_IT_KINDS:-mysql mariadb}; do
	if ! start_server "$kind"; then
		missing "$kind" "a $kind server: $(tail -n 1 "$TEST_TMP/start.log")"
		continue
	fi
	run_program "$kind" "$programs/store_test"
	[ -n "${loader[*]}" ] || [ ! -x "$sanitized" ] || run_program "$kind, sanitized" "$sanitized"
	run_program "$kind" "$programs/store_plan_test"
	run_program "$kind" "$programs/store_user_test"
	run_program "$kind" "$programs/store_org_test"
	run_program "$kind" "$programs/store_pool_test"
	run_program "$kind" "$programs/store_token_test"
	run_program "$kind" "$programs/store_entry_test"
	if client=$(command -v mysql || command -v mariadb); then
		test_grants "$kind"
		test_event "$kind"
	else
		missing "$kind: grants.sql, event.sql" "no SQL client (mysql or mariadb)"
	fi
	run_program "$kind" "$programs/store_fault_test"
	run_program "$kind" "$programs/store_token_fault_test"
	run_program "$kind" "$programs/store_lookup_test"
	run_program "$kind" "$programs/store_login_test"
done
done_testing
