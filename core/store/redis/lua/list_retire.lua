-- SPDX-License-Identifier: Apache-2.0
-- Removes a list. Of it remain its number and that it has changed.
-- Keys: pool, record, bits, due, changed, history, returned. Arguments: the list's number, the
-- fence.
local pool = redis.call('HMGET', KEYS[1], 'fence', 'size', 'next')
if not pool[1] then return {'NOT_FOUND'} end
if pool[1] ~= ARGV[2] then return {'CONFLICT'} end
if redis.call('EXISTS', KEYS[2]) == 0 then return {'NOT_FOUND'} end
-- Not while positions of it can still be reserved.
local size = tonumber(pool[2])
local first = tonumber(ARGV[1]) * size
if tonumber(pool[3]) < first + size then return {'STATE'} end
for _, range in ipairs(redis.call('LRANGE', KEYS[7], 0, -1)) do
	local position, count = struct.unpack('>I8I4', range)
	if position < first + size and position + count > first then return {'STATE'} end
end
-- Whatever may fail is asked before the first write.
for key = 4, 6 do redis.call('ZCARD', KEYS[key]) end
for _, past in ipairs(redis.call('ZRANGE', KEYS[6], 0, -1)) do
	redis.call('DEL', KEYS[6] .. ':' .. past)
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[6])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[5], redis.call('HINCRBY', KEYS[1], 'sequence', 1), ARGV[1])
return {'OK'}
