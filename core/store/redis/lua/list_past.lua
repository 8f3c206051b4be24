-- SPDX-License-Identifier: Apache-2.0
-- What was published at a time.
-- Keys: record, history. Argument: the time. Answers a record.
local head = redis.call('GETRANGE', KEYS[1], 53, 68)
if head == '' then return {'NOT_FOUND'} end
local time, record = tonumber(ARGV[1]), nil
if time >= struct.unpack('>I8', head) then
	record = redis.call('GET', KEYS[1])
else
	local iat = redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[1], '-inf', 'LIMIT', 0, 1)[1]
	local past = iat and redis.call('GET', KEYS[2] .. ':' .. iat)
	-- Not if it was replaced by one that was not kept.
	if not past or time >= struct.unpack('>I8', past) then return {'NOT_FOUND'} end
	record = string.sub(past, 9)
end
local exp = struct.unpack('>I8', record, 62)
if exp > 0 and time >= exp then return {'NOT_FOUND'} end
return {'OK', record}
