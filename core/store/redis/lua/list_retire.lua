-- SPDX-License-Identifier: Apache-2.0
-- Removes a list. Of it remain its number and that it has changed.
-- Keys: pool, record, bits, due, changed, history. Arguments: the list's number, the
-- fence.
local pool = redis.call('HMGET', KEYS[1], 'fence', 'sequence')
if not pool[1] then return {'NOT_FOUND'} end
if pool[1] ~= ARGV[2] then return {'CONFLICT'} end
if redis.call('EXISTS', KEYS[2]) == 0 then return {'NOT_FOUND'} end
-- Whatever may fail is asked before the first write.
for key = 4, 6 do redis.call('ZCARD', KEYS[key]) end
for _, past in ipairs(redis.call('ZRANGE', KEYS[6], 0, -1)) do
	redis.call('DEL', KEYS[6] .. ':' .. past)
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[6])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[5], redis.call('HINCRBY', KEYS[1], 'sequence', 1), ARGV[1])
return {'OK'}
