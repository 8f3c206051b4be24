-- SPDX-License-Identifier: Apache-2.0
-- Reads a pool, which is created when there is none.
-- Key: pool. Arguments: size, bits, seed. Answers what it reads.
local function read()
	return redis.call('HMGET', KEYS[1], 'size', 'bits', 'seed', 'lists', 'next', 'returned')
end
local pool = read()
if not pool[1] then
	redis.call('HSET', KEYS[1], 'size', ARGV[1], 'bits', ARGV[2], 'seed', ARGV[3],
		'lists', 0, 'next', 0, 'returned', 0, 'sequence', 0, 'fence', 0)
	pool = read()
end
return {'OK', unpack(pool)}
