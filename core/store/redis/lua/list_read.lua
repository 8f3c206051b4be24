-- SPDX-License-Identifier: Apache-2.0
-- Reads an entry.
-- Keys: record, bits. Argument: the index.
--
-- Not by BITFIELD, which a server without memory refuses even to read.
local head = redis.call('GETRANGE', KEYS[1], 16, 20)
if head == '' then return {'NOT_FOUND'} end
local size, width = struct.unpack('>I4B', head)
local index, per = tonumber(ARGV[1]), 8 / width
if index >= size then return {'LIMIT'} end
local at = math.floor(index / per)
local byte = string.byte(redis.call('GETRANGE', KEYS[2], at, at)) or 0
return {'OK', bit.band(bit.rshift(byte, index % per * width), 2 ^ width - 1)}
