-- SPDX-License-Identifier: Apache-2.0
-- Users, the public keys of machine users and of clients, trusted issuers.

-- user_id is "sub". Machines have no login: NULL, of which there may be many.
-- kind: 0 human, 1 machine. password: argon2id in its text form, or empty.
CREATE TABLE IF NOT EXISTS user (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	organisation BIGINT UNSIGNED NOT NULL DEFAULT 1,
	user_id VARBINARY(64) NOT NULL,
	login VARBINARY(254) NULL,
	name VARCHAR(255) NOT NULL,
	kind TINYINT UNSIGNED NOT NULL DEFAULT 0,
	password VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (id),
	UNIQUE KEY user_id (user_id),
	UNIQUE KEY login (login)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- An assertion names nothing but the key, so no two users share a key_id.
CREATE TABLE IF NOT EXISTS user_key (
	key_id VARBINARY(64) NOT NULL,
	user BIGINT UNSIGNED NOT NULL,
	alg VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	public_der VARBINARY(1024) NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (key_id),
	KEY user (user),
	CONSTRAINT user_key_user FOREIGN KEY (user) REFERENCES user (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS client_key (
	client BIGINT UNSIGNED NOT NULL,
	key_id VARBINARY(64) NOT NULL,
	alg VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	public_der VARBINARY(1024) NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (client, key_id),
	CONSTRAINT client_key_client FOREIGN KEY (client) REFERENCES client (id)
		ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- mapping: 0 the subject as it is, 1 a login, 2 a user_id.
CREATE TABLE IF NOT EXISTS trusted_issuer (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	issuer VARBINARY(255) NOT NULL,
	jwks MEDIUMBLOB NOT NULL,
	audience VARBINARY(255) NOT NULL,
	mapping TINYINT UNSIGNED NOT NULL DEFAULT 0,
	created_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (id),
	UNIQUE KEY issuer (issuer)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW user_view AS
SELECT id, CONVERT(user_id USING utf8mb4) AS user_id, CONVERT(login USING utf8mb4) AS login,
	name, ELT(kind + 1, 'human', 'machine') AS kind, password <> '' AS has_password,
	TIMESTAMPADD(SECOND, created_at,
		TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(disabled_at, 0),
		TIMESTAMP'1970-01-01 00:00:00') AS disabled_at
FROM user;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW user_key_view AS
SELECT CONVERT(u.user_id USING utf8mb4) AS user_id, CONVERT(k.key_id USING utf8mb4) AS key_id,
	k.alg,
	TIMESTAMPADD(SECOND, k.created_at,
		TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(k.expires_at, 0),
		TIMESTAMP'1970-01-01 00:00:00') AS expires_at
FROM user_key AS k JOIN user AS u ON u.id = k.user;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW client_key_view AS
SELECT CONVERT(c.client_id USING utf8mb4) AS client_id,
	CONVERT(k.key_id USING utf8mb4) AS key_id, k.alg,
	TIMESTAMPADD(SECOND, k.created_at,
		TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(k.expires_at, 0),
		TIMESTAMP'1970-01-01 00:00:00') AS expires_at
FROM client_key AS k JOIN client AS c ON c.id = k.client;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW trusted_issuer_view AS
SELECT id, CONVERT(issuer USING utf8mb4) AS issuer, CONVERT(audience USING utf8mb4) AS audience,
	ELT(mapping + 1, 'as-is', 'login', 'user') AS mapping,
	TIMESTAMPADD(SECOND, created_at,
		TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(disabled_at, 0),
		TIMESTAMP'1970-01-01 00:00:00') AS disabled_at
FROM trusted_issuer;
