-- SPDX-License-Identifier: Apache-2.0
-- Takes or renews the lease on publishing.
-- Keys: pool, lease. Arguments: owner, for how many ms. Answers the fence, or how
-- many ms another one has left.
if redis.call('EXISTS', KEYS[1]) == 0 then return {'NOT_FOUND'} end
local holder = redis.call('GET', KEYS[2])
-- A lease that has no end, however that came, is none.
local left = holder and redis.call('PTTL', KEYS[2]) or 0
if left > 0 and holder ~= ARGV[1] then return {'EXISTS', left} end
local fence = left > 0 and redis.call('HGET', KEYS[1], 'fence')
	or redis.call('HINCRBY', KEYS[1], 'fence', 1)
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {'OK', tonumber(fence)}
