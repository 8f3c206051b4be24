-- SPDX-License-Identifier: Apache-2.0
-- Publishes a list, which is created when it is the pool's next.
-- Keys: pool, record, bits, due, changed, history. Arguments: the list's number, the
-- fence, version, iat, exp, when it is due again in ms, seconds for which what is
-- replaced is kept, recipe (8 bytes), JWT, CWT.
local RECORD = '>I8I8I4BI8I8I8I8I8I8I4'
local list, version = tonumber(ARGV[1]), tonumber(ARGV[3])
local iat, again, keep = tonumber(ARGV[4]), tonumber(ARGV[6]), tonumber(ARGV[7])
local pool = redis.call('HMGET', KEYS[1], 'size', 'bits', 'lists', 'fence', 'sequence')
if not pool[1] then return {'STATE'} end
if pool[4] ~= ARGV[2] then return {'CONFLICT'} end

local size, width, lists = tonumber(pool[1]), tonumber(pool[2]), tonumber(pool[3])
local sequence = tonumber(pool[5]) + 1
local old = redis.call('GET', KEYS[2])
local current, missed, reserved, created, old_iat = 0, 0, 0, iat, iat
if list < lists and old then
	local _
	current, missed, _, _, reserved, created, _, _, old_iat = struct.unpack(RECORD, old)
elseif list ~= lists or (lists + 1) * size > 2 ^ 53 then
	return {'STATE'}
end
-- Whatever may fail is asked before the first write.
for key = 4, 6 do redis.call('ZCARD', KEYS[key]) end

-- Not later than what was updated since the snapshot demands.
if current == version then missed = 0 end
local due = missed > 0 and math.min(missed, again) or again
if current ~= version and missed == 0 then
	-- It was not we who took the last snapshot: it is as due as it was.
	due = redis.call('ZSCORE', KEYS[4], ARGV[1]) or again
end

redis.call('HSET', KEYS[1], 'sequence', sequence)
if list == lists then
	-- All at once, for a string that grows takes up to twice as much memory.
	redis.call('DEL', KEYS[3])
	redis.call('SETRANGE', KEYS[3], size * width / 8 - 1, '\0')
	redis.call('HSET', KEYS[1], 'lists', lists + 1)
elseif keep > 0 and old_iat < iat then
	redis.call('SET', KEYS[6] .. ':' .. string.format('%d', old_iat),
		struct.pack('>I8', iat) .. old, 'EX', keep)
	redis.call('ZADD', KEYS[6], old_iat, string.format('%d', old_iat))
	redis.call('EXPIRE', KEYS[6], keep)
end
redis.call('SET', KEYS[2], struct.pack(RECORD, current, missed, size, width, reserved, created,
	version, sequence, iat, tonumber(ARGV[5]), #ARGV[9]) .. ARGV[8] .. ARGV[9] .. ARGV[10])
redis.call('ZADD', KEYS[4], due, ARGV[1])
redis.call('ZADD', KEYS[5], sequence, ARGV[1])

-- The index of the past forgets what has gone by itself.
for _, past in ipairs(redis.call('ZRANGE', KEYS[6], 0, 15)) do
	if redis.call('EXISTS', KEYS[6] .. ':' .. past) == 1 then break end
	redis.call('ZREM', KEYS[6], past)
end
return {'OK'}
