-- SPDX-License-Identifier: Apache-2.0
-- Which lists were published or retired.
-- Keys: pool, changed. Arguments: after which sequence, the most lists. Answers of
-- each its number, its sequence, and whether it is there.
local prefix = string.sub(KEYS[1], 1, -5)
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES',
	'LIMIT', 0, ARGV[2])
local answer = {}
for i = 1, #found, 2 do
	answer[#answer + 1] = tonumber(found[i])
	answer[#answer + 1] = tonumber(found[i + 1])
	answer[#answer + 1] = redis.call('EXISTS', prefix .. 'r' .. found[i])
end
return {'OK', answer}
