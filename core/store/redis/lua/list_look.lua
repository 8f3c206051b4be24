-- SPDX-License-Identifier: Apache-2.0
-- Reads a pool, and who publishes its lists.
-- Keys: pool, lease. Answers what list_pool.lua does, the owner of the lease ('': there
-- is none), and how many ms of it are left.
local pool = redis.call('HMGET', KEYS[1], 'size', 'bits', 'seed', 'lists', 'next', 'returned')
if not pool[1] then return {'NOT_FOUND'} end
pool[7] = redis.call('GET', KEYS[2]) or ''
pool[8] = math.max(redis.call('PTTL', KEYS[2]), 0)
return {'OK', unpack(pool)}
