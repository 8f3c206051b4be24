-- SPDX-License-Identifier: Apache-2.0
-- Gives the lease up.
-- Key: lease. Argument: owner.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return {'OK'}
