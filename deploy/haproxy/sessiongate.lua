-- Asks Sessiongate about a request (forward auth), and leaves what it says in variables and request headers.
--
--   txn.gate_status     200, 401, or 503 when there is no verdict
--   txn.gate_body, txn.gate_challenge   of a refusal
--   txn.gate_cookie     the Set-Cookie for the client, if there is one
--   txn.gate_private    the Cache-Control that goes with it
--   txn.gate_user       the central user id, if there is a user

local identity = { "x-session-user-id", "x-session-sub", "x-session-consumer", "x-session-class", "x-session-type" }
-- What Sessiongate reads of the client's headers. No others are sent along: HAProxy's HTTP client has room for about a hundred,
-- and a request may have as many.
local asked = { "authorization", "cookie", "content-type", "x-client-ip" }

local function first(headers, name)
    return headers and headers[name] and headers[name][0]
end

core.register_action("sessiongate", { "http-req" }, function(txn, address)
    local sent, headers = txn.http:req_get_headers(), {}
    for _, name in ipairs(asked) do
        local values = sent[name]
        if values then
            headers[name] = {}
            for index = 0, math.min(#values, 7) do headers[name][index + 1] = values[index] end
        end
    end
    -- Over HTTP/2 the target is a whole URL.
    local target = txn.sf:url():gsub("^%a[%w+.-]*://[^/?#]*", "")
    headers["host"] = { txn.sf:req_fhdr("host") }
    headers["x-forwarded-host"] = { txn.sf:req_fhdr("host") }
    headers["x-forwarded-uri"] = { target == "" and "/" or target }
    headers["x-forwarded-method"] = { txn.sf:method() }
    headers["x-forwarded-proto"] = { txn.sf:ssl_fc() == 1 and "https" or "http" }
    headers["x-forwarded-for"] = { txn.sf:src() }

    local answer = core.httpclient():get({ url = "http://" .. address .. "/authz", headers = headers, timeout = 1000 })
    if not answer or (answer.status ~= 200 and answer.status ~= 401) then
        txn:set_var("txn.gate_status", 503)
        return
    end
    txn:set_var("txn.gate_status", answer.status)
    if answer.status == 401 then
        txn:set_var("txn.gate_body", answer.body)
        txn:set_var("txn.gate_challenge", first(answer.headers, "www-authenticate") or "OAuth")
        return
    end
    for _, name in ipairs(identity) do
        local value = first(answer.headers, name)
        if value then txn.http:req_set_header(name, value) end
    end
    local cookie = first(answer.headers, "set-cookie")
    if cookie then
        txn:set_var("txn.gate_cookie", cookie)
        txn:set_var("txn.gate_private", first(answer.headers, "cache-control") or "private")
    end
    local user = first(answer.headers, "x-session-user-id")
    if user then txn:set_var("txn.gate_user", user) end
end, 1)
