-- SPDX-License-Identifier: Apache-2.0
-- The same request again and again, with a method and headers from the
-- environment: PERF_METHOD; PERF_FORM, the body; PERF_TYPE of it; PERF_KEY, the API
-- key of a pool of status lists; PERF_ACCEPT. What is empty is left out.

dofile(os.getenv("PERF_WRK") .. "/report.lua")

wrk.method = os.getenv("PERF_METHOD")
wrk.body = os.getenv("PERF_FORM")

local headers = {
	["Content-Type"] = "PERF_TYPE",
	["X-Api-Key"] = "PERF_KEY",
	["Accept"] = "PERF_ACCEPT",
}
for name, variable in pairs(headers) do
	local value = os.getenv(variable)
	if value and value ~= "" then
		wrk.headers[name] = value
	end
end
