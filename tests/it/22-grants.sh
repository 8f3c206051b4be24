#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The service and its commands with the user of sql/grants.sql alone, init-db and
# purge with that of sql/grants-admin.sql; and what they must not do is refused. The service
# has its password by a command, which gets nothing of the service's own.
# shellcheck disable=SC2119,SC2317 # functions with optional arguments; called by "ok"
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"

# The stack's own user may do everything; these are made beside it, in a database
# of their own, which takes the place of the first.
DATABASE=tallystick_grants

# sql_file FILE: as the server's administrator, for this stack: users from this
# host, and another database.
sql_file() {
	stack sql "$(grep -v '^--' "$TALLY_SRCDIR/sql/$1" |
		sed "s/ tallystick\\./ $DATABASE./; s/EXISTS tallystick /EXISTS $DATABASE /; s/@'%'/@localhost/")"
}

# make_user NAME
make_user() {
	(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$TEST_TMP/$1.password")
	stack sql "CREATE USER $1@localhost IDENTIFIED BY '$(cat "$TEST_TMP/$1.password")'"
}

# as USER COMMAND...: the program with this user of the database.
as() {
	local user=$1
	shift
	sed "/^\[database\]/,/^\[/ { s/^user = .*/user = $user/; s/^name = .*/name = $DATABASE/
		s,^password-file = .*,password-file = $TEST_TMP/$user.password, }" \
		"$STACK/tallystick.conf" >"$TEST_TMP/$user.conf"
	"$PROGRAM" --config "$TEST_TMP/$user.conf" "$@"
}

# refused NAME USER STATEMENT: the server says so itself.
refused() {
	local said
	said=$(MYSQL_PWD=$(cat "$TEST_TMP/$2.password") "$sql_client" --no-defaults \
		--socket="$TALLYSTICK_DB_SOCKET" --user="$2" --execute="$3" 2>&1)
	like "$1" "$said" 'ERROR (1142|1044|1227|1370|1410)'
}

# So that purge has something to do.
drop_last_partition() {
	local last
	last=$(stack sql "SELECT MAX(PARTITION_NAME) FROM information_schema.PARTITIONS
		WHERE TABLE_SCHEMA = '$DATABASE' AND TABLE_NAME = 'access_token'
		AND PARTITION_NAME <> 'pmax'" | tail -n 1)
	stack sql "ALTER TABLE $DATABASE.access_token DROP PARTITION $last"
}

commands_work() {
	local name=$1 key
	key=$(as tallystick key add --activate --json | jq -r .kid)
	like "$name: key add" "$key" '^.{43}$'
	ok "$name: key list" as tallystick key list
	ok "$name: a second key" as tallystick key add --activate --now
	ok "$name: key retire" as tallystick key retire "$key"
	ok "$name: key remove" as tallystick key remove --force "$key"
	as tallystick client add --id shop --grant client_credentials --scope read \
		--default-scope read --json >"$TEST_TMP/shop.json"
	ok "$name: client list" as tallystick client list
	ok "$name: client secret add" as tallystick client secret add shop
	ok "$name: client disable" as tallystick client disable shop
	ok "$name: client enable" as tallystick client enable shop
	ok "$name: client add, to be removed" as tallystick client add --id other \
		--grant client_credentials
	ok "$name: client remove" as tallystick client remove other
}

# Prints the password, and writes down which files it was given.
make_password_command() {
	: >"$TEST_TMP/files"
	cat >"$TEST_TMP/password-command" <<-END
		#!/bin/sh
		ls -l /proc/self/fd >>"$TEST_TMP/files"
		cat "$TEST_TMP/tallystick.password"
	END
	chmod 700 "$TEST_TMP/password-command"
}

# zombies PID...: children that nobody has waited for.
zombies() {
	local pid
	for pid; do
		cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' |
			awk -v pid="$pid" '$1 == "Z" && $2 == pid'
	done
}

service_works() {
	local name=$1 pids
	make_password_command
	rm -f "$STACK/log/tallystick.log"
	ok "$name: the service starts" stack up --program "$PROGRAM" --db "$1" \
		--set "database.name=$DATABASE" --set database.user=tallystick \
		--set database.password-file= \
		--set "database.password-command=$TEST_TMP/password-command"
	is "$name: a token" \
		"$(token_of shop "$(jq -r .client_secret "$TEST_TMP/shop.json")")" 200
	is "$name: ready" "$(fetch /health/ready)" 200
	is "$name: no error in the log" "$(grep -c ' error ' "$STACK/log/tallystick.log")" 0
	is "$name: the command gets none of the service's files" \
		"$(sed -n 's,.* \([0-9]*\) -> \([a-z/]*\).*,\1 \2,p' "$TEST_TMP/files" |
			grep -v 'tallystick\|/proc' | sort -u | paste -sd,)" "0 /dev/null,2 pipe"
	mapfile -t pids < <(stack pids pool)
	is "$name: no zombie is left" "$(zombies "${pids[@]}")" ""
}

try() {
	local kind=$1
	stack up --program "$PROGRAM" --db "$kind" --server lighttpd --processes 1 \
		>"$TEST_TMP/up.log" 2>&1 || {
		missing "$kind" "$(tail -n 1 "$TEST_TMP/up.log")"
		return
	}
	eval "$(stack env)"
	at_exit_down
	stack sql "DROP USER tallystick@localhost"
	ok "$kind: the user of init-db" make_user tallystick_admin
	ok "$kind: the user of the service" make_user tallystick
	ok "$kind: grants-admin.sql" sql_file grants-admin.sql
	not_ok "$kind: the user of the service makes no tables" as tallystick init-db
	ok "$kind: init-db" as tallystick_admin init-db
	ok "$kind: grants.sql" sql_file grants.sql
	ok "$kind: init-db, and grants.sql, again" as tallystick_admin init-db
	ok "$kind: grants.sql, again" sql_file grants.sql
	ok "$kind: a partition is taken away" drop_last_partition
	not_ok "$kind: the user of the service makes no partitions" as tallystick purge
	like "$kind: purge makes it again" "$(as tallystick_admin purge 2>&1)" '1 partitions? added'
	commands_work "$kind"
	service_works "$kind"
	refused "$kind: the service drops no table" tallystick "DROP TABLE $DATABASE.client"
	refused "$kind: the service alters no table" tallystick \
		"ALTER TABLE $DATABASE.client ADD x INT"
	refused "$kind: the service reads none of the views for people" tallystick \
		"SELECT * FROM $DATABASE.client_view"
	refused "$kind: the service reads no other database" tallystick "SELECT * FROM mysql.user"
	refused "$kind: init-db's user grants nothing" tallystick_admin \
		"GRANT SELECT ON $DATABASE.client TO tallystick@localhost"
	stack down >"$TEST_TMP/down.log" 2>&1
}

sql_client=$(command -v mysql || command -v mariadb) || missing_all "an SQL client" "mysql"
for kind in ${TALLY_IT_KINDS:-mysql mariadb}; do
	try "$kind"
done
done_testing
