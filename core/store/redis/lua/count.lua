-- SPDX-License-Identifier: Apache-2.0
-- Counts.
-- Key: the counter. Argument: its window in seconds. Answers {count, seconds left}.
--
-- A counter that has lost its end, however that came, gets one.
local n = redis.call('INCR', KEYS[1])
local left = redis.call('TTL', KEYS[1])
if left < 0 then
	redis.call('EXPIRE', KEYS[1], ARGV[1])
	left = tonumber(ARGV[1])
end
return {n, left}
