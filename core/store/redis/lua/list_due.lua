-- SPDX-License-Identifier: Apache-2.0
-- Which lists are to be published.
-- Key: due. Arguments: now in ms, the most numbers. Answers when the first of all is
-- due, 0: none; then the numbers of those that are due now.
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {'OK', tonumber(first[2] or 0),
	redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])}
