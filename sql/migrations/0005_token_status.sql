-- SPDX-License-Identifier: Apache-2.0
-- Entries of status lists that access tokens carry.

-- 0 as configured, 1 off, 2 on.
ALTER TABLE client ADD COLUMN status TINYINT UNSIGNED NOT NULL DEFAULT 0;

-- Which list of the pool of our tokens, and which index of it; NULL: none.
ALTER TABLE access_token
	ADD COLUMN status_list INT UNSIGNED NULL,
	ADD COLUMN status_index INT UNSIGNED NULL;

-- Of access tokens made from the family that may still live, newest first: list,
-- index and expiry (seconds since 1970), 4 bytes each.
ALTER TABLE refresh_token ADD COLUMN live VARBINARY(96) NOT NULL DEFAULT '';

-- The id of the token that came of the use, where that is kept.
ALTER TABLE refresh_use ADD COLUMN next VARBINARY(16) NOT NULL DEFAULT '';

CREATE OR REPLACE SQL SECURITY INVOKER VIEW client_view AS
SELECT c.id, CONVERT(o.organisation_id USING utf8mb4) AS organisation,
	CONVERT(c.client_id USING utf8mb4) AS client_id, c.name, c.grants, c.scopes,
	c.default_scopes, c.audience, c.access_lifetime, c.refresh_lifetime,
	ELT(c.persistence + 1, 'default', 'none', 'refresh', 'all') AS persistence,
	ELT(c.format + 1, 'default', 'jwt', 'opaque') AS format,
	ELT(c.status + 1, 'default', 'off', 'on') AS status, c.is_public, c.may_introspect,
	TIMESTAMPADD(SECOND, c.created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(c.disabled_at, 0), TIMESTAMP'1970-01-01 00:00:00')
		AS disabled_at
FROM client AS c LEFT JOIN organisation AS o ON o.id = c.organisation;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW access_token_view AS
SELECT REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(t.id)), '+', '-'), '/', '_')
		AS token_id,
	IF(t.family = '', NULL,
		REPLACE(REPLACE(TRIM(TRAILING '=' FROM TO_BASE64(t.family)), '+', '-'), '/', '_'))
		AS family_id,
	CONVERT(c.client_id USING utf8mb4) AS client_id, CONVERT(t.subject USING utf8mb4) AS subject,
	t.scope, t.audience, IF(t.digest = '', 'jwt', 'opaque') AS format,
	t.status_list, t.status_index,
	TIMESTAMPADD(MICROSECOND, CAST(CONV(HEX(SUBSTRING(t.id, 3, 7)), 16, 10) AS SIGNED),
		TIMESTAMP'1970-01-01 00:00:00') AS issued_at,
	TIMESTAMPADD(SECOND, t.expires_at,
		TIMESTAMP'1970-01-01 00:00:00') AS expires_at
FROM access_token AS t LEFT JOIN client AS c ON c.id = t.client;
