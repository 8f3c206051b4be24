-- SPDX-License-Identifier: Apache-2.0
-- The result of a run as one line of JSON, the last that wrk prints.

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format(
		'{"requests":%d,"us":%d,"p50_us":%d,"p99_us":%d,'
			.. '"not_2xx":%d,"failed":%d}\n',
		summary.requests, summary.duration,
		latency:percentile(50), latency:percentile(99),
		errors.status,
		errors.connect + errors.read + errors.write + errors.timeout))
end
