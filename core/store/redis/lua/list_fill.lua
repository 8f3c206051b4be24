-- SPDX-License-Identifier: Apache-2.0
-- Sets entries that follow each other; those that have the final status stay.
-- Arguments, behind those of the part: first, count, value, the final status or -1.
-- Answers how many were another value before.
--include part_due.lua
local first, count = tonumber(ARGV[3]), tonumber(ARGV[4])
local value, final = tonumber(ARGV[5]), tonumber(ARGV[6])
if first + count > size or value >= 2 ^ width then return {'LIMIT'} end
if count == 0 then return {'OK', 0} end
local per, changed = 8 / width, 0

-- A byte with its entries from number `from` to `to` set, and how many that changed.
local function set(byte, from, to)
	local result, n = 0, 0
	for i = per - 1, 0, -1 do
		local old = bit.band(bit.rshift(byte, i * width), 2 ^ width - 1)
		local new = old
		if i >= from and i <= to and old ~= final then new = value end
		if new ~= old then n = n + 1 end
		result = result * 2 ^ width + new
	end
	return result, n
end

-- Each byte that there is, is worked out once.
local known, counts = {}, {}
local function set_whole(c)
	if not known[c] then
		local byte, n = set(string.byte(c), 0, per - 1)
		known[c], counts[c] = string.char(byte), n
	end
	changed = changed + counts[c]
	return known[c]
end

local from, to = math.floor(first / per), math.floor((first + count - 1) / per)
local bytes = redis.call('GETRANGE', KEYS[2], from, to)
local function edge(at)
	local byte, n = set(string.byte(bytes, at - from + 1),
		math.max(first - at * per, 0), math.min(first + count - 1 - at * per, per - 1))
	changed = changed + n
	return string.char(byte)
end

local head_byte, last = edge(from), to > from and edge(to) or ''
local inner = string.gsub(string.sub(bytes, 2, -2), '.', set_whole)
if changed > 0 then
	redis.call('SETRANGE', KEYS[2], from, head_byte .. inner .. last)
	touch()
end
return {'OK', changed}
