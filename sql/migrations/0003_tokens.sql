-- SPDX-License-Identifier: Apache-2.0
-- Tokens, their use, and what ends them before their time.
--
-- An id is 16 bytes: 2 the day on which the token expires (days since 1970), 7
-- the microseconds since 1970 at which it was issued, 7 random. day repeats the
-- first two, because a table can be partitioned by a column only. Rows are
-- inserted and never changed; "tallystick purge" adds a partition per day (or
-- week) ahead of time and drops those of the past. pmax takes what is further
-- ahead, so that no insert can fail for want of a partition.
--
-- No foreign keys (partitioned tables have none) and no further index: nothing
-- is looked for but by id.

-- family: of the refresh token beside it, or empty; digest: of an opaque token,
-- or empty. user 0: the client itself, or a subject that is no user.
CREATE TABLE IF NOT EXISTS access_token (
	day SMALLINT UNSIGNED NOT NULL,
	id BINARY(16) NOT NULL,
	family VARBINARY(16) NOT NULL,
	client BIGINT UNSIGNED NOT NULL,
	user BIGINT UNSIGNED NOT NULL,
	subject VARBINARY(255) NOT NULL,
	scope VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	audience VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	digest VARBINARY(32) NOT NULL,
	expires_at BIGINT NOT NULL,
	PRIMARY KEY (day, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (day) (PARTITION pmax VALUES LESS THAN MAXVALUE);

CREATE TABLE IF NOT EXISTS refresh_token (
	day SMALLINT UNSIGNED NOT NULL,
	id BINARY(16) NOT NULL,
	family BINARY(16) NOT NULL,
	client BIGINT UNSIGNED NOT NULL,
	user BIGINT UNSIGNED NOT NULL,
	subject VARBINARY(255) NOT NULL,
	scope VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	audience VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	digest BINARY(32) NOT NULL,
	expires_at BIGINT NOT NULL,
	family_expires_at BIGINT NOT NULL,
	PRIMARY KEY (day, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (day) (PARTITION pmax VALUES LESS THAN MAXVALUE);

-- That a refresh token has been used: whoever inserts the row has used it, and
-- knows the row for its own by the nonce.
CREATE TABLE IF NOT EXISTS refresh_use (
	day SMALLINT UNSIGNED NOT NULL,
	id BINARY(16) NOT NULL,
	nonce BIGINT UNSIGNED NOT NULL,
	used_at_us BIGINT NOT NULL,
	PRIMARY KEY (day, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (day) (PARTITION pmax VALUES LESS THAN MAXVALUE);

-- The id of a token, or of a family of refresh tokens.
CREATE TABLE IF NOT EXISTS revocation (
	day SMALLINT UNSIGNED NOT NULL,
	id BINARY(16) NOT NULL,
	revoked_at BIGINT NOT NULL,
	PRIMARY KEY (day, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE (day) (PARTITION pmax VALUES LESS THAN MAXVALUE);

-- Ends everything of a client (kind 0, who is client_id) or a subject (kind 1)
-- that was issued until then.
CREATE TABLE IF NOT EXISTS watermark (
	kind TINYINT UNSIGNED NOT NULL,
	who VARBINARY(255) NOT NULL,
	until_us BIGINT NOT NULL,
	PRIMARY KEY (kind, who)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW access_token_view AS
SELECT REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(t.id)), '+', '-'), '/', '_')
		AS token_id,
	IF(t.family = '', NULL,
		REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(t.family)), '+', '-'), '/', '_'))
		AS family_id,
	CONVERT(c.client_id USING utf8mb4) AS client_id, CONVERT(t.subject USING utf8mb4) AS subject,
	t.scope, t.audience, IF(t.digest = '', 'jwt', 'opaque') AS format,
	TIMESTAMPADD(MICROSECOND, CAST(CONV(HEX(SUBSTRING(t.id, 3, 7)), 16, 10) AS SIGNED),
		TIMESTAMP'1970-01-01 00:00:00') AS issued_at,
	TIMESTAMPADD(SECOND, t.expires_at,
		TIMESTAMP'1970-01-01 00:00:00') AS expires_at
FROM access_token AS t LEFT JOIN client AS c ON c.id = t.client;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW refresh_token_view AS
SELECT REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(t.id)), '+', '-'), '/', '_')
		AS token_id,
	REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(t.family)), '+', '-'), '/', '_')
		AS family_id,
	CONVERT(c.client_id USING utf8mb4) AS client_id, CONVERT(t.subject USING utf8mb4) AS subject,
	t.scope, t.audience,
	TIMESTAMPADD(MICROSECOND, CAST(CONV(HEX(SUBSTRING(t.id, 3, 7)), 16, 10) AS SIGNED),
		TIMESTAMP'1970-01-01 00:00:00') AS issued_at,
	TIMESTAMPADD(SECOND, t.expires_at,
		TIMESTAMP'1970-01-01 00:00:00') AS expires_at,
	TIMESTAMPADD(SECOND, t.family_expires_at,
		TIMESTAMP'1970-01-01 00:00:00') AS family_expires_at,
	TIMESTAMPADD(MICROSECOND, u.used_at_us,
		TIMESTAMP'1970-01-01 00:00:00') AS used_at
FROM refresh_token AS t LEFT JOIN client AS c ON c.id = t.client
	LEFT JOIN refresh_use AS u ON u.day = t.day AND u.id = t.id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW revocation_view AS
SELECT REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(id)), '+', '-'), '/', '_')
		AS revoked_id,
	TIMESTAMPADD(SECOND, revoked_at,
		TIMESTAMP'1970-01-01 00:00:00') AS revoked_at
FROM revocation;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW watermark_view AS
SELECT ELT(kind + 1, 'client', 'subject') AS kind, CONVERT(who USING utf8mb4) AS who,
	TIMESTAMPADD(MICROSECOND, until_us,
		TIMESTAMP'1970-01-01 00:00:00') AS issued_until
FROM watermark;
