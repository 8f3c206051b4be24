-- SPDX-License-Identifier: Apache-2.0
-- Reads an entry.
-- Keys: record, bits. Argument: the index.
local head = redis.call('GETRANGE', KEYS[1], 16, 20)
if head == '' then return {'NOT_FOUND'} end
local size, width = struct.unpack('>I4B', head)
local index, per = tonumber(ARGV[1]), 8 / width
if index >= size then return {'LIMIT'} end
local offset = (index - 2 * (index % per)) * width + 8 - width
return {'OK', redis.call('BITFIELD', KEYS[2], 'GET', 'u' .. width, offset)[1]}
