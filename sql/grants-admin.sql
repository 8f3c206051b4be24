-- SPDX-License-Identifier: Apache-2.0
-- The database, and what the user of "tallystick init-db" and "tallystick purge" may
-- do: all that makes and alters tables and views, in this one database. For the administrator of
-- the server, before the first init-db; README.md has the order of things, and
-- how the users come to be.
--
-- UPDATE and DELETE are for steps of the schema that move rows.

CREATE DATABASE IF NOT EXISTS tallystick CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

GRANT SELECT, INSERT, UPDATE, DELETE,
	CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW
	ON tallystick.* TO 'tallystick_admin'@'%';
