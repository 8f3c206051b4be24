-- SPDX-License-Identifier: Apache-2.0
-- Organisations, clients with their secrets, signing keys.
--
-- Rules for these files: README.md. What a client sends is kept as bytes
-- (VARBINARY), because every other type compares with a collation, and even
-- ascii_bin takes "id" and "id " for equal. Times are UTC seconds, 0 for "not".

CREATE TABLE IF NOT EXISTS schema_version (
	version INT UNSIGNED NOT NULL,
	applied_at BIGINT NOT NULL,
	PRIMARY KEY (version)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS organisation (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	organisation_id VARBINARY(64) NOT NULL,
	name VARCHAR(255) NOT NULL,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (id),
	UNIQUE KEY organisation_id (organisation_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The organisation of everybody who names none.
INSERT IGNORE INTO organisation (id, organisation_id, name, created_at)
VALUES (1, 'default', 'Default', UNIX_TIMESTAMP());

-- No foreign key to organisation: it would bring an index that nothing reads.
-- persistence: 0 as configured, 1 none, 2 refresh, 3 all; format: 0 as configured,
-- 1 jwt, 2 opaque.
CREATE TABLE IF NOT EXISTS client (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	organisation BIGINT UNSIGNED NOT NULL DEFAULT 1,
	client_id VARBINARY(64) NOT NULL,
	name VARCHAR(255) NOT NULL,
	grants VARCHAR(1024) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	scopes VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	default_scopes VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	audience VARCHAR(1024) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	access_lifetime INT UNSIGNED NOT NULL DEFAULT 0,
	refresh_lifetime INT UNSIGNED NOT NULL DEFAULT 0,
	persistence TINYINT UNSIGNED NOT NULL DEFAULT 0,
	format TINYINT UNSIGNED NOT NULL DEFAULT 0,
	is_public TINYINT UNSIGNED NOT NULL DEFAULT 0,
	may_introspect TINYINT UNSIGNED NOT NULL DEFAULT 0,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (id),
	UNIQUE KEY client_id (client_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- digest is SHA-256 of the secret. The secret itself is kept only for clients
-- that sign with it, in wrapped (AES-256-GCM); it is empty for all others.
CREATE TABLE IF NOT EXISTS client_secret (
	client BIGINT UNSIGNED NOT NULL,
	secret_id VARBINARY(64) NOT NULL,
	digest BINARY(32) NOT NULL,
	wrapped VARBINARY(512) NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (client, secret_id),
	CONSTRAINT client_secret_client FOREIGN KEY (client) REFERENCES client (id)
		ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Either wrapped (AES-256-GCM over PKCS #8) or uri holds the private key.
CREATE TABLE IF NOT EXISTS signing_key (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	kid VARBINARY(64) NOT NULL,
	alg VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	public_der VARBINARY(1024) NOT NULL,
	wrapped VARBINARY(4224) NOT NULL,
	uri VARCHAR(1024) NOT NULL,
	created_at BIGINT NOT NULL,
	activate_at BIGINT NOT NULL DEFAULT 0,
	retired_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (id),
	UNIQUE KEY kid (kid)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW schema_version_view AS
SELECT version,
	TIMESTAMPADD(SECOND, applied_at, TIMESTAMP'1970-01-01 00:00:00') AS applied_at
FROM schema_version;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW organisation_view AS
SELECT id, CONVERT(organisation_id USING utf8mb4) AS organisation_id, name,
	TIMESTAMPADD(SECOND, created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(disabled_at, 0), TIMESTAMP'1970-01-01 00:00:00')
		AS disabled_at
FROM organisation;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW client_view AS
SELECT c.id, CONVERT(o.organisation_id USING utf8mb4) AS organisation,
	CONVERT(c.client_id USING utf8mb4) AS client_id, c.name, c.grants, c.scopes,
	c.default_scopes, c.audience, c.access_lifetime, c.refresh_lifetime,
	ELT(c.persistence + 1, 'default', 'none', 'refresh', 'all') AS persistence,
	ELT(c.format + 1, 'default', 'jwt', 'opaque') AS format, c.is_public, c.may_introspect,
	TIMESTAMPADD(SECOND, c.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(c.disabled_at, 0), TIMESTAMP'1970-01-01 00:00:00')
		AS disabled_at
FROM client AS c LEFT JOIN organisation AS o ON o.id = c.organisation;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW client_secret_view AS
SELECT CONVERT(c.client_id USING utf8mb4) AS client_id,
	CONVERT(s.secret_id USING utf8mb4) AS secret_id,
	TIMESTAMPADD(SECOND, s.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(s.expires_at, 0), TIMESTAMP'1970-01-01 00:00:00')
		AS expires_at
FROM client_secret AS s JOIN client AS c ON c.id = s.client;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW signing_key_view AS
SELECT id, CONVERT(kid USING utf8mb4) AS kid, alg,
	IF(uri = '', 'wrapped in this table', uri) AS private_key,
	TIMESTAMPADD(SECOND, created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(activate_at, 0), TIMESTAMP'1970-01-01 00:00:00')
		AS activate_at,
	TIMESTAMPADD(SECOND, NULLIF(retired_at, 0), TIMESTAMP'1970-01-01 00:00:00')
		AS retired_at
FROM signing_key;
