-- Asks Sessiongate about a request (forward auth), and leaves what it says in variables and request headers.
--
--   txn.gate_status     200, or 503 when there is no verdict; a refusal is answered here
--   txn.gate_cookie     the Set-Cookie for the client, if there is one
--   txn.gate_private    the Cache-Control that goes with it
--   txn.gate_limit_key  what limits count on, if it is known whose request it is: also where the wiki is not told the user

local identity = { "x-session-user-id", "x-session-sub", "x-session-consumer", "x-session-class", "x-session-type" }
-- What Sessiongate reads of the client's headers, beside the type of a form. No others are sent along: HAProxy's HTTP client has
-- room for about a hundred, and a request may have as many.
local asked = { "authorization", "cookie", "origin", "treat-as-untrusted", "user-agent" }

-- What a refusal has for the client.
local passed = {
    "content-type", "cache-control", "www-authenticate", "retry-after", "mediawiki-api-error",
    "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers", "vary",
}

local function first(headers, name)
    return headers and headers[name] and headers[name][0]
end

-- The question's headers. All that tells the original request is written here, whatever a client has sent under these names.
local function question(txn)
    local sent, headers = txn.http:req_get_headers(), {}
    for _, name in ipairs(asked) do
        local values = sent[name]
        if values then
            headers[name] = {}
            for index = 0, math.min(#values, 7) do headers[name][index + 1] = values[index] end
        end
    end
    local type = first(sent, "content-type")
    if type and type:lower():find("^application/x%-www%-form%-urlencoded") then headers["content-type"] = { type } end
    -- Over HTTP/2 the target is a whole URL.
    local target = txn.sf:url():gsub("^%a[%w+.-]*://[^/?#]*", "")
    headers["x-forwarded-host"] = { txn.sf:req_fhdr("host") }
    headers["x-forwarded-uri"] = { target == "" and "/" or target }
    headers["x-forwarded-method"] = { txn.sf:method() }
    headers["x-forwarded-proto"] = { txn.sf:ssl_fc() == 1 and "https" or "http" }
    headers["x-forwarded-for"] = { txn.sf:src() }
    return headers
end

-- The client's answer, when it is refused.
local function refusal(txn, answer)
    local headers = {}
    for _, name in ipairs(passed) do
        local value = first(answer.headers, name)
        if value then headers[name] = { value } end
    end
    return txn:reply({ status = answer.status, headers = headers, body = answer.body })
end

local function allow(txn, answer)
    for _, name in ipairs(identity) do
        local value = first(answer.headers, name)
        if value then txn.http:req_set_header(name, value) end
    end
    local cookie = first(answer.headers, "set-cookie")
    if cookie then txn:set_var("txn.gate_cookie", cookie) end
    local private = first(answer.headers, "cache-control")
    if cookie and private then txn:set_var("txn.gate_private", private) end
    local key = first(answer.headers, "x-sessiongate-rate-limit-key")
    if key then txn:set_var("txn.gate_limit_key", key) end
end

local function ask(txn, address)
    local options = { url = "http://" .. address .. "/authz", headers = question(txn), timeout = 1000 }
    local answer = core.httpclient():get(options)
    -- Sessiongate's own header, which every verdict has: another server at this address gives none.
    local outcome = first(answer.headers, "x-sessiongate-outcome")
    if outcome and answer.status == 200 then
        allow(txn, answer)
        return 200
    end
    if outcome == "refused" and (answer.status == 401 or answer.status == 403 or answer.status == 400) then
        return answer.status, refusal(txn, answer)
    end
    return 503
end

-- HAProxy goes on with a request whose action failed, so none fails: whatever goes wrong, there is no verdict.
core.register_action("sessiongate", { "http-req" }, function(txn, address)
    local asked_well, status, reply = pcall(ask, txn, address)
    if not asked_well then core.log(core.err, "sessiongate.lua: the question could not be asked") end
    txn:set_var("txn.gate_status", asked_well and status or 503)
    -- This ends the request. It does so by an error, which pcall would catch.
    if asked_well and reply then txn:done(reply) end
end, 1)
