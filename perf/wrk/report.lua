-- SPDX-License-Identifier: Apache-2.0
-- The result of a run as one line of JSON, the last that wrk prints. With
-- PERF_PACE, milliseconds, a connection rests for so long on average before a
-- request: as long as it takes at random, as independent clients would.

local percentiles = { 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9 }
local pace = tonumber(os.getenv("PERF_PACE") or "")

if pace then
	math.randomseed(os.time())

	-- wrk takes whole milliseconds: rounded at random, so that the mean is kept.
	function delay()
		return math.floor(-pace * math.log(1 - math.random()) + math.random())
	end
end

local function distribution(latency)
	local points = {}
	for i, p in ipairs(percentiles) do
		points[i] = string.format("[%g,%d]", p, latency:percentile(p))
	end
	points[#points + 1] = string.format("[100,%d]", latency.max)
	return table.concat(points, ",")
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format(
		'{"requests":%d,"us":%d,"p50_us":%d,"p95_us":%d,"p99_us":%d,'
			.. '"latency":[%s],"not_2xx":%d,"failed":%d}\n',
		summary.requests, summary.duration,
		latency:percentile(50), latency:percentile(95), latency:percentile(99),
		distribution(latency), errors.status,
		errors.connect + errors.read + errors.write + errors.timeout))
end
