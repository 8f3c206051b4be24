#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What we ship for databases and Redis: MySQL and MariaDB start with it and without
# a complaint, and then have every parameter that the group for RDS sets; Redis is
# as durable as its file says.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
export TALLYSTICK_CACHE=${TALLYSTICK_CACHE:-$TALLY_SRCDIR/.cache}
conf=$TALLY_SRCDIR/conf

# A word for what the server says of a parameter: 1 and ON, UTC and +00:00 are one.
norm() {
	case $1 in
	ON) echo 1 ;;
	OFF) echo 0 ;;
	UTC) echo +00:00 ;;
	*) tr ',' '\n' <<<"$1" | sort | paste -sd, ;;
	esac
}

# variable DIR NAME: as the server has it now.
variable() {
	MYSQL_PWD=$(cat "$1/admin.password") "$sql_client" --no-defaults --socket="$1/db.sock" \
		--user=admin --batch --skip-column-names --execute="SELECT @@global.$2" 2>&1
}

# One that this server's version has under its older name only.
variable_name() {
	case $1:$2 in
	mariadb:transaction_isolation) echo tx_isolation ;;
	*) echo "$2" ;;
	esac
}

parameters() {
	jq -r '.[] | "\(.ParameterName) \(.ParameterValue)"' "$conf/rds/parameters.json"
}

# monitor DIR: what sql/monitor.sql says, in short.
monitor() {
	MYSQL_PWD=$(cat "$1/admin.password") "$sql_client" --no-defaults --socket="$1/db.sock" \
		--user=admin --database=tallystick --batch <"$TALLY_SRCDIR/sql/monitor.sql" \
		>"$TEST_TMP/monitor" 2>&1 || { cat "$TEST_TMP/monitor" && return; }
	awk -F '\t' '
	before ~ /^read_only/ { first = ($1 == 0 ? "primary " : "replica ") $2 " " $3 }
	$1 == "admin" && $2 >= 1 { who = "admin" }
	$1 ~ /^(lock_deadlocks|Prepared_stmt_count|Aborted_clients|open_transactions)$/ { n++ }
	{ before = $0 }
	END { print first ", " who ", " n " counts" }' "$TEST_TMP/monitor"
}

try_database() {
	local kind=$1 dir=$TEST_TMP/$1 name value
	mkdir "$dir"
	at_exit "$TALLY_SRCDIR/tests/it/database" "$dir" "$kind" stop
	if ! "$TALLY_SRCDIR/tests/it/database" "$dir" "$kind" start >"$TEST_TMP/start.log" 2>&1
	then
		missing "$kind" "a $kind server: $(tail -n 1 "$TEST_TMP/start.log")"
		return
	fi
	while read -r name value; do
		is "$kind: $name" "$(norm "$(variable "$dir" "$(variable_name "$kind" "$name")")")" \
			"$(norm "$value")"
	done < <(parameters)
	is "$kind: monitor.sql: its answers" \
		"$(monitor "$dir")" "primary 1 1, admin, 4 counts"
	is "$kind: the binary log is on" "$(variable "$dir" log_bin)" 1
	is "$kind: nothing that we set is unknown or wrong" \
		"$(grep -Ei 'unknown (variable|option)|ignor.*(option|value)|\[ERROR\]' \
			"$dir/log/database.log")" ""
}

try_redis() {
	local program dir=$TEST_TMP/redis
	program=$(PATH=$PATH:/usr/sbin command -v redis-server) || {
		missing "redis" "redis-server"
		return
	}
	mkdir "$dir"
	run_bg "$program" "$conf/redis/tallystick.conf" --port 0 --unixsocket "$dir/sock" \
		--dir "$dir" >"$dir/log"
	ok "redis: starts with the file" wait_until 20 redis-cli -s "$dir/sock" PING
	is "redis: each write is on disk" \
		"$(redis-cli -s "$dir/sock" CONFIG GET append* | paste -sd' ' |
			grep -o 'appendfsync [a-z]*')" "appendfsync always"
	like "redis: also while it rewrites" \
		"$(redis-cli -s "$dir/sock" CONFIG GET no-appendfsync-on-rewrite)" 'no$'
	like "redis: nothing is thrown away" \
		"$(redis-cli -s "$dir/sock" CONFIG GET maxmemory-policy)" 'noeviction$'
	is "redis: a mark is set" "$(redis-cli -s "$dir/sock" SET mark 1)" OK
	kill -KILL "$BG_PID"
	wait "$BG_PID" 2>/dev/null
	rm -f "$dir/sock"
	run_bg "$program" "$conf/redis/tallystick.conf" --port 0 --unixsocket "$dir/sock" \
		--dir "$dir" >>"$dir/log"
	ok "redis: starts after a kill" wait_until 20 redis-cli -s "$dir/sock" PING
	is "redis: the mark is there" "$(redis-cli -s "$dir/sock" GET mark)" 1
}

command -v jq >/dev/null || missing_all "jq is there" "jq"
sql_client=$(command -v mysql || command -v mariadb) || missing_all "an SQL client" "mysql"
for kind in ${TALLY_IT_KINDS:-mysql mariadb}; do
	try_database "$kind"
done
try_redis
done_testing
