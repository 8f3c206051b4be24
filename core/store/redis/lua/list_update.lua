-- SPDX-License-Identifier: Apache-2.0
-- Sets entries of a list, all or none.
-- Arguments, behind those of the part: the final status or -1; of each update index
-- (4 bytes) and value (1 byte). Answers which update failed, from 0, if one did.
--include part_due.lua
local final, updates = tonumber(ARGV[3]), ARGV[4]
local n, wrong, undoes = #updates / 5, nil, false
local indices, wanted, offsets = {}, {}, {}
local unit, per, values = 'u' .. width, 8 / width, 2 ^ width
for i = 1, n do
	local index, value = struct.unpack('>I4B', updates, i * 5 - 4)
	if index >= size or value >= values then
		n, wrong = i - 1, {'LIMIT', i - 1}
		break
	end
	indices[i], wanted[i] = index, value
	-- A byte's first entry is in its lowest bits; Redis counts from its highest.
	offsets[i] = string.format('%d', (index - 2 * (index % per)) * width + 8 - width)
	undoes = undoes or value ~= final
end

-- The entries as they were, or are. In steps: Lua's stack bears 8000 arguments.
local function bitfield(verb)
	local results = {}
	for from = 1, n, 1000 do
		local args = {}
		for i = from, math.min(n, from + 999) do
			local at = #args
			args[at + 1], args[at + 2], args[at + 3] = verb, unit, offsets[i]
			if verb == 'SET' then args[at + 4] = tostring(wanted[i]) end
		end
		for i, old in ipairs(redis.call('BITFIELD', KEYS[2], unpack(args))) do
			results[from + i - 1] = old
		end
	end
	return results
end

if final >= 0 and undoes then
	local now, is = {}, bitfield('GET')
	for i = 1, n do
		local index = indices[i]
		if (now[index] or is[i]) == final and wanted[i] ~= final then return {'DENIED', i - 1} end
		now[index] = wanted[i]
	end
end
if wrong then return wrong end
for i, old in ipairs(bitfield('SET')) do
	if old ~= wanted[i] then
		touch()
		break
	end
end
return {'OK'}
