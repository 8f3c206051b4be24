-- SPDX-License-Identifier: Apache-2.0
-- Gives reserved positions back, but for those of retired lists.
-- Keys: pool, returned. Argument: first (8 bytes) and count (4 bytes) of each range.
local prefix = string.sub(KEYS[1], 1, -5)
local pool = redis.call('HMGET', KEYS[1], 'size', 'next')
local size, next = tonumber(pool[1] or 0), tonumber(pool[2] or 0)
local kept, total = {}, 0
for at = 1, #ARGV[1], 12 do
	local first, count = struct.unpack('>I8I4', ARGV[1], at)
	if first + count > next then return {'STATE'} end
	while count > 0 do
		local n = math.min(count, size - first % size)
		local list = string.format('%d', math.floor(first / size))
		if redis.call('EXISTS', prefix .. 'r' .. list) == 1 then
			kept[#kept + 1] = struct.pack('>I8I4', first, n)
			total = total + n
		end
		first, count = first + n, count - n
	end
end
if total > 0 then redis.call('HINCRBY', KEYS[1], 'returned', total) end
for _, range in ipairs(kept) do redis.call('RPUSH', KEYS[2], range) end
return {'OK'}
