-- SPDX-License-Identifier: Apache-2.0
-- What update and fill do with a list's record, as they have the same keys: record,
-- bits, due, and the same first two arguments: the list's number, when it is due in ms.
--
-- missed is when the first update is due that the last snapshot lacks, 0: none. The
-- list is never due later than that, so that most updates need not look.
local head = redis.call('GETRANGE', KEYS[1], 0, 20)
if head == '' then return {'NOT_FOUND'} end
local version, missed, size, width = struct.unpack('>I8I8I4B', head)
local due = tonumber(ARGV[2])
local is_sooner = missed == 0 or due < missed
-- Whatever may fail is read before the first write.
local due_now = is_sooner and redis.call('ZSCORE', KEYS[3], ARGV[1])

local function touch()
	if not is_sooner then
		redis.call('SETRANGE', KEYS[1], 0, struct.pack('>I8', version + 1))
		return
	end
	redis.call('SETRANGE', KEYS[1], 0, struct.pack('>I8I8', version + 1, due))
	if not due_now or tonumber(due_now) > due then
		redis.call('ZADD', KEYS[3], due, ARGV[1])
	end
end
