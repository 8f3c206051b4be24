-- SPDX-License-Identifier: Apache-2.0
-- What is worth a look on the server, for MySQL 8.0 and newer and MariaDB 10.6 and
-- newer, by a user with PROCESS and SELECT on the database:
--
--	mysql --table tallystick < monitor.sql

-- Is it the primary, and as durable as it should be: 0, 1, 1.
SELECT @@global.read_only AS read_only,
	@@global.innodb_flush_log_at_trx_commit AS flush_log_at_commit,
	@@global.sync_binlog AS sync_binlog;

-- Who is connected, against the limit.
SELECT USER AS user, COUNT(*) AS connections, SUM(COMMAND = 'Sleep') AS idle,
	MAX(IF(COMMAND = 'Sleep', 0, TIME)) AS longest_statement_s,
	@@global.max_connections AS max_connections
FROM information_schema.PROCESSLIST GROUP BY USER;

-- Connections times statements, against max_prepared_stmt_count.
SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count';
SELECT @@global.max_prepared_stmt_count AS max_prepared_stmt_count;

-- Logins that failed or were cut off, and the most connections at once so far.
SHOW GLOBAL STATUS WHERE Variable_name IN
	('Aborted_clients', 'Aborted_connects', 'Max_used_connections');

-- Transactions that are open for long hold back InnoDB's purge.
SELECT COUNT(*) AS open_transactions,
	COALESCE(MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())), 0) AS longest_s
FROM information_schema.INNODB_TRX;

-- Deadlocks and waits that were given up: retried, and so seen nowhere else.
SELECT NAME AS name, COUNT AS count FROM information_schema.INNODB_METRICS
WHERE NAME IN ('lock_deadlocks', 'lock_timeouts', 'trx_rseg_history_len');

-- Rows (estimated) and megabytes.
SELECT TABLE_NAME AS name, TABLE_ROWS AS about_rows,
	ROUND((DATA_LENGTH + INDEX_LENGTH) / 1048576, 1) AS megabytes
FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME;

-- Partitions of tables that have some.
SELECT TABLE_NAME AS name, COUNT(*) AS partitions, MIN(PARTITION_NAME) AS first,
	SUM(TABLE_ROWS) AS about_rows
FROM information_schema.PARTITIONS
WHERE TABLE_SCHEMA = DATABASE() AND PARTITION_NAME IS NOT NULL GROUP BY TABLE_NAME;
