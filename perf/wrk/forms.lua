-- SPDX-License-Identifier: Apache-2.0
-- As form.lua, with the forms of a file in turn: PERF_FORMS, one per line. The
-- requests are made before the first one is sent.

dofile(os.getenv("PERF_WRK") .. "/form.lua")

local requests, last = {}, 0

function init()
	for form in io.lines(os.getenv("PERF_FORMS")) do
		requests[#requests + 1] = wrk.format(nil, nil, nil, form)
	end
end

function request()
	last = last % #requests + 1
	return requests[last]
end
