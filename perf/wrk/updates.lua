-- SPDX-License-Identifier: Apache-2.0
-- As request.lua, with updates of statuses: a random entry of the list PERF_LIST,
-- which has PERF_ENTRIES, gets a random value; or, with PERF_BATCH, so many entries
-- in one request. The requests are made before the first one is sent.

dofile(os.getenv("PERF_WRK") .. "/request.lua")

local list, entries = os.getenv("PERF_LIST"), tonumber(os.getenv("PERF_ENTRIES"))
local batch = tonumber(os.getenv("PERF_BATCH") or "")
local requests = {}

local function reference()
	return string.format('{"uri":"%s","index":%d', list, math.random(entries) - 1)
end

local function one()
	return string.format('%s,"value":%d}', reference(), math.random(2) - 1)
end

local function many()
	local references = {}
	for i = 1, batch do
		references[i] = reference() .. "}"
	end
	return string.format('{"statusListReferences":[%s],"value":%d}',
		table.concat(references, ","), math.random(2) - 1)
end

function init()
	math.randomseed(os.time())
	for i = 1, batch and 64 or 8192 do
		requests[i] = wrk.format(nil, nil, nil, batch and many() or one())
	end
end

function request()
	return requests[math.random(#requests)]
end
