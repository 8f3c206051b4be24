-- SPDX-License-Identifier: Apache-2.0
-- Organisations come into use.

-- Whether somebody belongs to an organisation that is to be removed.
ALTER TABLE client ADD KEY organisation (organisation);
ALTER TABLE user ADD KEY organisation (organisation);

CREATE OR REPLACE SQL SECURITY INVOKER VIEW user_view AS
SELECT u.id, CONVERT(o.organisation_id USING utf8mb4) AS organisation,
	CONVERT(u.user_id USING utf8mb4) AS user_id, CONVERT(u.login USING utf8mb4) AS login,
	u.name, ELT(u.kind + 1, 'human', 'machine') AS kind, u.password <> '' AS has_password,
	TIMESTAMPADD(SECOND, u.created_at,
		TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(u.disabled_at, 0),
		TIMESTAMP'1970-01-01 00:00:00') AS disabled_at
FROM user AS u LEFT JOIN organisation AS o ON o.id = u.organisation;
