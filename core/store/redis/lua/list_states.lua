-- SPDX-License-Identifier: Apache-2.0
-- Reads what has become of lists.
-- Key: pool. Arguments: the first number, the most lists. Answers the head of each
-- record, '' for a retired one.
local prefix = string.sub(KEYS[1], 1, -5)
local first, heads = tonumber(ARGV[1]), {}
local lists = tonumber(redis.call('HGET', KEYS[1], 'lists') or 0)
for list = first, math.min(lists, first + tonumber(ARGV[2])) - 1 do
	heads[#heads + 1] = redis.call('GETRANGE', prefix .. 'r' .. string.format('%d', list), 0, 80)
end
return {'OK', heads}
