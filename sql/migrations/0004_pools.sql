-- SPDX-License-Identifier: Apache-2.0
-- Pools of status lists that are not in the configuration file. A definition is
-- lines "directive = value", as tallystick.conf(5) has them below [pool.NAME].
-- Read as a whole; rows stay, since the names of lists go on to mean something.

CREATE TABLE IF NOT EXISTS pool (
	pool_id VARBINARY(32) NOT NULL,
	definition VARBINARY(8192) NOT NULL,
	created_at BIGINT NOT NULL,
	retired_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (pool_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The digests of its API keys stay in the table; see client_secret_view.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW pool_view AS
SELECT CONVERT(pool_id USING utf8mb4) AS pool_id,
	REGEXP_REPLACE(CONVERT(definition USING utf8mb4), ':[0-9A-Fa-f]{64}', '')
		AS definition,
	TIMESTAMPADD(SECOND, created_at, TIMESTAMP'1970-01-01 00:00:00') AS created_at,
	TIMESTAMPADD(SECOND, NULLIF(retired_at, 0), TIMESTAMP'1970-01-01 00:00:00')
		AS retired_at
FROM pool;
