-- SPDX-License-Identifier: Apache-2.0
-- Uses up a refresh token.
-- Keys: of the token, of its family, of what was made from that. Arguments: now
-- in ms, grace in ms, seconds to keep either; what is made now (may be empty),
-- seconds to keep it. Answers a number of enum tally_refresh_verdict.
--
-- A repeat within the grace leaves the time of the first use as it is; without
-- grace the clocks of two nodes, of which one is behind, must not make one.
-- 96 is TALLY_LIVE_REFS_SIZE: as much is kept of what was made as can be read.
if redis.call('EXISTS', KEYS[2]) == 1 then return 3 end
local used = redis.call('GET', KEYS[1])
local grace = tonumber(ARGV[2])
if not used then
	redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
elseif grace == 0 or tonumber(ARGV[1]) - tonumber(used) >= grace then
	redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
	return 2
end
if ARGV[5] ~= '' then
	local made = ARGV[5] .. (redis.call('GET', KEYS[3]) or '')
	local left = math.max(redis.call('TTL', KEYS[3]), tonumber(ARGV[6]))
	redis.call('SET', KEYS[3], string.sub(made, 1, 96), 'EX', left)
end
return used and 1 or 0
