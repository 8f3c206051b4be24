-- SPDX-License-Identifier: Apache-2.0
-- The alternative to the timer of "tallystick purge": the database does the same
-- by itself, every hour. To be run once by an administrator in the database of
-- Tallystick with the mysql or mariadb program; again after a change of it.
--
-- The server must run events (event_scheduler = ON: the default of MySQL 8, to
-- be set for MariaDB and in a parameter group of RDS).
--
-- Set these two to the configuration's, in days, rounded up:
--	access_days   tokens.max-lifetime
--	family_days   tokens.refresh-max-lifetime
-- ahead_days: for so long the event may fail to run without harm.

DELIMITER //

-- Adds partitions up to last_day and drops those whose days are all before past;
-- days since 1970, of which day 0 has the number 719528 in the server.
DROP PROCEDURE IF EXISTS tallystick_purge_table//
CREATE PROCEDURE tallystick_purge_table
	(IN table_in VARCHAR(64), IN width INT, IN last_day INT, IN past INT)
SQL SECURITY INVOKER
BEGIN
	DECLARE edge INT;
	DECLARE added TEXT DEFAULT '';
	DECLARE victim VARCHAR(64);

	SELECT COALESCE(MAX(CAST(PARTITION_DESCRIPTION AS SIGNED)), 0) INTO edge
	FROM information_schema.PARTITIONS
	WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = table_in
		AND PARTITION_DESCRIPTION <> 'MAXVALUE';
	SET edge = GREATEST(edge, TO_DAYS(UTC_DATE()) - 719528);
	WHILE edge <= last_day DO
		SET edge = edge + width;
		SET added = CONCAT(added, 'PARTITION p',
			DATE_FORMAT(FROM_DAYS(edge - 1 + 719528), '%Y%m%d'),
			' VALUES LESS THAN (', edge, '), ');
	END WHILE;
	IF added <> '' THEN
		SET @tallystick_text = CONCAT('ALTER TABLE ', table_in,
			' REORGANIZE PARTITION pmax INTO (', added,
			'PARTITION pmax VALUES LESS THAN MAXVALUE)');
		PREPARE tallystick_statement FROM @tallystick_text;
		EXECUTE tallystick_statement;
		DEALLOCATE PREPARE tallystick_statement;
	END IF;
	dropping: LOOP
		SELECT MIN(PARTITION_NAME) INTO victim
		FROM information_schema.PARTITIONS
		WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = table_in
			AND PARTITION_DESCRIPTION <> 'MAXVALUE'
			AND CAST(PARTITION_DESCRIPTION AS SIGNED) <= past;
		IF victim IS NULL THEN
			LEAVE dropping;
		END IF;
		SET @tallystick_text = CONCAT('ALTER TABLE ', table_in, ' DROP PARTITION ', victim);
		PREPARE tallystick_statement FROM @tallystick_text;
		EXECUTE tallystick_statement;
		DEALLOCATE PREPARE tallystick_statement;
	END LOOP;
END//

DROP PROCEDURE IF EXISTS tallystick_purge//
CREATE PROCEDURE tallystick_purge()
SQL SECURITY INVOKER
BEGIN
	DECLARE access_days INT DEFAULT 1;
	DECLARE family_days INT DEFAULT 90;
	DECLARE ahead_days INT DEFAULT 7;
	-- An hour of grace for clocks that are behind.
	DECLARE today INT DEFAULT TO_DAYS(UTC_DATE()) - 719528;
	DECLARE past INT DEFAULT TO_DAYS(UTC_TIMESTAMP() - INTERVAL 1 HOUR) - 719528;
	DECLARE longest INT DEFAULT GREATEST(access_days, family_days);
	DECLARE name VARCHAR(64)
		DEFAULT CONCAT('tallystick.purge.', LEFT(SHA2(DATABASE(), 256), 32));

	-- Others wait behind what waits for a table's lock: rather fail, and try
	-- again in an hour.
	SET SESSION lock_wait_timeout = 1;
	IF GET_LOCK(name, 0) = 1 THEN
		CALL tallystick_purge_table('access_token', 1, today + ahead_days + access_days, past);
		CALL tallystick_purge_table('refresh_token', 7, today + ahead_days + longest, past);
		CALL tallystick_purge_table('refresh_use', 7, today + ahead_days + longest, past);
		CALL tallystick_purge_table('revocation', 7, today + ahead_days + longest,
			past - access_days);
		DO RELEASE_LOCK(name);
	END IF;
END//

DELIMITER ;

DROP EVENT IF EXISTS tallystick_purge;
CREATE EVENT tallystick_purge ON SCHEDULE EVERY 1 HOUR STARTS '2026-01-01 00:30:00'
COMMENT 'drops expired tokens of Tallystick' DO CALL tallystick_purge();
