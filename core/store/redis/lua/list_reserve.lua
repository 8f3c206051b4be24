-- SPDX-License-Identifier: Apache-2.0
-- Reserves positions: those that were given back, then new ones. None is of a retired
-- list, unless somebody has removed keys by hand: what has no record is passed over.
-- Keys: pool, returned. Arguments: how many, now, the most ranges. Answers first
-- and count of each range.
--
-- A position leaves where it is kept before anything else is done with it: if
-- this failed half-way, it would be lost, not reserved twice.
local prefix = string.sub(KEYS[1], 1, -5)
local left, now, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local pool = redis.call('HMGET', KEYS[1], 'size', 'lists', 'next')
if not pool[1] then return {'OK'} end
local size, lists, next = tonumber(pool[1]), tonumber(pool[2]), tonumber(pool[3])
local answer, ranges, first, count = {'OK'}, 0, 0, 0

local function record_of(position)
	return prefix .. 'r' .. string.format('%d', math.floor(position / size))
end

-- Joins what follows the range before; notes in its list when it was reserved, unless
-- that is less than it says: a clock may be behind.
local function add(position, n)
	left = left - n
	if ranges > 0 and first + count == position then
		count = count + n
	else
		ranges, first, count = ranges + 1, position, n
	end
	answer[ranges * 2], answer[ranges * 2 + 1] = first, count
	local record = record_of(position)
	if struct.unpack('>I8', redis.call('GETRANGE', record, 21, 28)) < now then
		redis.call('SETRANGE', record, 21, struct.pack('>I8', now))
	end
end

while left > 0 and ranges < most do
	local item = redis.call('LINDEX', KEYS[2], 0)
	if not item then break end
	local position, n = struct.unpack('>I8I4', item)
	local taken = math.min(n, left)
	-- First, for a server without memory refuses it: it would not after LPOP.
	redis.call('HINCRBY', KEYS[1], 'returned', -taken)
	redis.call('LPOP', KEYS[2])
	if taken < n then
		redis.call('LPUSH', KEYS[2], struct.pack('>I8I4', position + taken, n - taken))
	end
	if redis.call('EXISTS', record_of(position)) == 1 then add(position, taken) end
end

while left > 0 and ranges < most and next < lists * size do
	local position, n = next, size - next % size
	local live = redis.call('EXISTS', record_of(position)) == 1
	if live then n = math.min(n, left) end
	next = next + n
	redis.call('HSET', KEYS[1], 'next', next)
	if live then add(position, n) end
end
return answer
