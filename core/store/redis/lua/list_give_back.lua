-- SPDX-License-Identifier: Apache-2.0
-- Gives reserved positions back.
-- Keys: pool, returned. Argument: first (8 bytes) and count (4 bytes) of each range.
local next = tonumber(redis.call('HGET', KEYS[1], 'next') or 0)
local total = 0
for at = 1, #ARGV[1], 12 do
	local first, count = struct.unpack('>I8I4', ARGV[1], at)
	if first + count > next then return {'STATE'} end
	total = total + count
end
if total == 0 then return {'OK'} end
redis.call('HINCRBY', KEYS[1], 'returned', total)
for at = 1, #ARGV[1], 12 do
	local range = string.sub(ARGV[1], at, at + 11)
	if string.sub(range, 9) ~= '\0\0\0\0' then redis.call('RPUSH', KEYS[2], range) end
end
return {'OK'}
