-- SPDX-License-Identifier: Apache-2.0
-- The same form, posted again and again: made once, so that the load generator
-- spends no time of its own on it. From the environment: PERF_WRK, this folder;
-- PERF_FORM, the body; PERF_AUTHORIZATION, a header, unless it is empty.

dofile(os.getenv("PERF_WRK") .. "/report.lua")

wrk.method = "POST"
wrk.body = os.getenv("PERF_FORM")
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"

local authorization = os.getenv("PERF_AUTHORIZATION")
if authorization and authorization ~= "" then
	wrk.headers["Authorization"] = authorization
end
