-- SPDX-License-Identifier: Apache-2.0
-- Reads a list to publish it: what is updated from now on is missed by that.
-- Keys: record, bits. Answers version and bits.
local head = redis.call('GETRANGE', KEYS[1], 0, 20)
if head == '' then return {'NOT_FOUND'} end
local bits = redis.call('GET', KEYS[2])
local version, missed, size, width = struct.unpack('>I8I8I4B', head)
if not bits or #bits ~= size * width / 8 then
	return redis.error_reply('ERR ' .. KEYS[2] .. ' is not what a list of this pool is')
end
if missed > 0 then redis.call('SETRANGE', KEYS[1], 8, struct.pack('>I8', 0)) end
return {'OK', version, bits}
