-- SPDX-License-Identifier: Apache-2.0
-- Chains of refresh tokens: each token is used once, and the next one taken from
-- the answer. A chain begins with PERF_FORM, a login, when there is no token to
-- use: so there are as many chains as connections, begun at the start of a run.

dofile(os.getenv("PERF_WRK") .. "/form.lua")

local unused, count = {}, 0
local login, head

-- wrk.format() for every request would cost more than all the rest here.
function init()
	login = wrk.format()
	head = login:gsub("Content%-Length: %d+\r\n", ""):match("^(.-\r\n)\r\n")
end

local function form(body)
	return head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function request()
	if count == 0 then
		return login
	end
	count = count - 1
	return form("grant_type=refresh_token&refresh_token=" .. unused[count + 1])
end

function response(status, _, body)
	local token = status == 200 and body:match('"refresh_token":"([^"]+)"')
	if token then
		count = count + 1
		unused[count] = token
	end
end
