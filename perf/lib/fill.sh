# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Rows by the million, made by the database itself: tokens, clients, users. They
# are as the service would have made them, but for what is the same in all of
# them. Sourced by perf/run and tests/it/big, which have "stack sql STATEMENT" of
# examples/stack. Not on disk at once: fill_durable 0 before, 1 after.

# fill_durable 0|1
fill_durable() {
	stack sql "SET GLOBAL innodb_flush_log_at_trx_commit = $1; SET GLOBAL sync_binlog = $1"
}

# fill_value STATEMENT: the one value that it gives.
fill_value() {
	stack sql "$1" | tail -n 1
}

# fill_numbers COUNT: the table "number" has the numbers from 0 to COUNT - 1 at least.
fill_numbers() {
	local have
	stack sql "CREATE TABLE IF NOT EXISTS number (n INT UNSIGNED PRIMARY KEY);
		INSERT IGNORE INTO number VALUES (0)"
	for ((have = $(fill_value "SELECT COUNT(*) FROM number"); have < $1; have *= 2)); do
		stack sql "SET SESSION sql_log_bin = 0;
			INSERT INTO number SELECT n + $have FROM number WHERE n + $have < $1"
	done
}

# fill_steps FROM TO STATEMENT: in pieces, for a transaction has its limits; the
# statement selects from "number", whose n it may name.
fill_steps() {
	local from to step=500000
	for ((from = $1; from < $2; from += step)); do
		to=$((from + step < $2 ? from + step : $2))
		stack sql "SET SESSION sql_log_bin = 0, SESSION unique_checks = 0;
			$3 WHERE n >= $from AND n < $to"
	done
}

# ---- access tokens ------------------------------------------------------------

# fill_expired_partition TODAY: for rows that have expired; purge drops it.
fill_expired_partition() {
	local first
	first=$(fill_value "SELECT CONCAT(PARTITION_NAME, ' ', PARTITION_DESCRIPTION)
		FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = 'tallystick'
		AND TABLE_NAME = 'access_token' ORDER BY PARTITION_ORDINAL_POSITION LIMIT 1")
	stack sql "ALTER TABLE access_token REORGANIZE PARTITION ${first% *} INTO (
		PARTITION expired VALUES LESS THAN ($(($1 - 1))),
		PARTITION ${first% *} VALUES LESS THAN (${first#* }))"
}

# fill_tokens DAY BEFORE FROM TO: rows that expire on this day, with ids as they
# would be: a millisecond between one and the next, and all before the second
# BEFORE, the row TO last.
fill_tokens() {
	local begin=$(($2 * 1000000))
	fill_numbers "$4"
	fill_steps "$3" "$4" "INSERT INTO access_token (day, id, family, client, user,
			subject, scope, audience, digest, expires_at)
		SELECT $1,
		UNHEX(CONCAT(LPAD(HEX($1), 4, '0'),
			LPAD(HEX($begin - ($4 - n) * 1000), 14, '0'), LEFT(SHA2(n, 256), 14))),
		'', 1, 0, 'demo', 'read', 'https://api.example', '', ($1 + 1) * 86400 - 1
		FROM number"
}

# ---- clients ------------------------------------------------------------------

# fill_clients FROM TO SECRET: fill-FROM to fill-(TO - 1), all with this secret.
fill_clients() {
	fill_numbers "$2"
	fill_steps "$1" "$2" "INSERT INTO client (client_id, name, grants, scopes,
		default_scopes, audience, created_at)
		SELECT CONCAT('fill-', n), '', 'client_credentials', 'read', 'read', '',
			UNIX_TIMESTAMP() FROM number"
	fill_steps "$1" "$2" "INSERT INTO client_secret (client, secret_id, digest, created_at)
		SELECT c.id, 'fill', UNHEX(SHA2('$3', 256)), UNIX_TIMESTAMP()
		FROM number JOIN client AS c ON c.client_id = CAST(CONCAT('fill-', n) AS BINARY)"
}

# ---- machine users -------------------------------------------------------------

# fill_machines FROM TO KEY_ID: machine users fill-FROM to fill-(TO - 1), who
# share the public key that is registered as KEY_ID under an id of each one's own:
# "key-" and the number.
fill_machines() {
	fill_numbers "$2"
	fill_steps "$1" "$2" "INSERT INTO user (user_id, login, name, kind, password, created_at)
		SELECT CONCAT('fill-', n), CONCAT('fill-', n), '', 1, '', UNIX_TIMESTAMP()
		FROM number"
	fill_steps "$1" "$2" "INSERT INTO user_key (key_id, user, alg, public_der, created_at)
		SELECT CONCAT('key-', n), u.id, k.alg, k.public_der, UNIX_TIMESTAMP()
		FROM number JOIN user AS u ON u.user_id = CAST(CONCAT('fill-', n) AS BINARY)
		JOIN user_key AS k ON k.key_id = '$3'"
}
