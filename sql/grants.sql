-- SPDX-License-Identifier: Apache-2.0
-- What the user of the service, and of every command but init-db and purge, may do:
-- on each table what the statements of core/store/mysql do there, and no more; so a
-- service that was taken over can neither drop a table nor read another
-- database. tests/tools/grants compares the two.
--
-- For the administrator of the server, after each init-db: a server grants
-- nothing on a table that is not there yet.

GRANT SELECT, INSERT, UPDATE ON tallystick.access_token TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON tallystick.client TO 'tallystick'@'%';
GRANT SELECT, INSERT, DELETE ON tallystick.client_key TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE (wrapped), DELETE ON tallystick.client_secret TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON tallystick.organisation TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE ON tallystick.pool TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE ON tallystick.refresh_token TO 'tallystick'@'%';
GRANT SELECT, INSERT ON tallystick.refresh_use TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE ON tallystick.revocation TO 'tallystick'@'%';
GRANT SELECT ON tallystick.schema_version TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON tallystick.signing_key TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON tallystick.trusted_issuer TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON tallystick.user TO 'tallystick'@'%';
GRANT SELECT, INSERT, DELETE ON tallystick.user_key TO 'tallystick'@'%';
GRANT SELECT, INSERT, UPDATE ON tallystick.watermark TO 'tallystick'@'%';
