// A line of the decision log, read: by `sessiongate forecast --decisions`, and by tests.

import Bytes

extension DecisionRecord {
    /// Reads one line, with or without its line feed. Fields that this version does not know are passed over.
    /// - Throws: When it is no JSON object, when `time` or `outcome` is missing, or when a field has another type.
    public init(json line: Bytes) throws(JSONError) {
        self.init()
        var wrong: JSONError?
        var hasTime = false
        try JSON.readObject(line, limits: JSON.Limits(bytes: 64 << 10, depth: 8, values: 1000)) { name, value in
            do throws(JSONError) {
                try read(name.withText { $0.string } ?? "", value, &hasTime)
            } catch {
                wrong = wrong ?? error
            }
        }
        if let wrong { throw wrong }
        guard hasTime else { throw JSONError("is missing", path: "time") }
        guard !outcome.isEmpty else { throw JSONError("is missing", path: "outcome") }
    }

    private mutating func read(_ name: String, _ value: JSONText, _ hasTime: inout Bool) throws(JSONError) {
        switch name {
        case "time":
            time = try Self.time(value)
            hasTime = true
        case "request_id": requestID = try Self.text(name, value)
        case "trace_id": traceID = try Self.text(name, value)
        case "host": host = try Self.text(name, value)
        case "wiki": wiki = try Self.text(name, value)
        case "method": method = try Self.text(name, value)
        case "path": path = try Self.text(name, value)
        case "outcome": outcome = try Self.text(name, value)
        case "type": type = try Self.text(name, value)
        case "reason": reason = try Self.text(name, value)
        case "fault": fault = try Self.text(name, value)
        case "user_id": userID = try Self.number(name, value)
        case "user_sub": userSub = try Self.text(name, value)
        case "user_name": userName = try Self.text(name, value)
        case "consumer_key": consumerKey = try Self.text(name, value)
        case "class": rateLimitClass = try Self.text(name, value)
        case "rate_limit_key": rateLimitKey = try Self.text(name, value)
        case "client_address": clientAddress = try Self.text(name, value)
        case "acts_as": actsAs = try Self.text(name, value)
        case "cookie": cookie = try Self.text(name, value)
        case "mode": mode = try Self.text(name, value)
        case "duration_us": duration = try Self.number(name, value) ?? 0
        case "lookups": lookups = try Self.number(name, value) ?? 0
        case "sample_weight": sampleWeight = try Self.weight(value)
        case "instance": instance = try Self.text(name, value)
        case "version": version = try Self.text(name, value)
        default: break
        }
    }

    /// `null` stands for a field that is left out: other writers of such logs have it.
    private static func text(_ name: String, _ value: JSONText) throws(JSONError) -> String {
        if value.kind == .null { return "" }
        guard let text = value.withText({ $0.string }) else { throw JSONError("expected a string", path: name) }
        return text
    }

    private static func number(_ name: String, _ value: JSONText) throws(JSONError) -> Int64? {
        if value.kind == .null { return nil }
        guard let number = value.json.integerValue else { throw JSONError("expected a whole number", path: name) }
        return number
    }

    private static func weight(_ value: JSONText) throws(JSONError) -> Double {
        if value.kind == .null { return 1 }
        // Sums of larger ones are no counts any more.
        guard let weight = value.json.doubleValue, weight > 0, weight <= 1e9 else {
            throw JSONError("expected a number above 0, and 1e9 at most", path: "sample_weight")
        }
        return weight
    }

    private static func time(_ value: JSONText) throws(JSONError) -> Int64 {
        guard let time = value.withText({ CivilTime.milliseconds(rfc3339: $0) }) ?? nil else {
            throw JSONError("expected an RFC 3339 time in UTC", path: "time")
        }
        return time
    }
}
