// One line of the decision log. proto-json/decision.schema.json describes it for readers in other languages.
//
//     {"time":"2026-03-01T12:00:00.125Z","request_id":"0f5d…","host":"wiki.example","wiki":"wiki",…,"sample_weight":100}

import Bytes

/// What was decided about one request, as the decision log keeps it.
///
/// Texts are what the writer knew then, so that a log of another version can be read: an outcome or a reason that this version
/// does not have is no error. A text that is not known is empty, and its field is left out of the line.
public struct DecisionRecord: Equatable, Sendable {
    /// When it was decided, milliseconds since 1970.
    public var time: Int64 = 0
    /// The proxy's id of the request (`x-request-id`).
    public var requestID = ""
    /// The trace that the request belongs to: 32 hexadecimal digits (W3C Trace Context, `traceparent`).
    public var traceID = ""
    /// The host that the client asked for.
    public var host = ""
    /// Id of the wiki that serves the host.
    public var wiki = ""
    /// The request's method.
    public var method = ""
    /// The request's path, without the query.
    public var path = ""
    /// `authenticated`, `anonymous`, `refused`, or `failed` when there was no decision.
    public var outcome = ""
    /// The kind of session, ``Sessions/SessionType``.
    public var type = ""
    /// Why it was refused, or why its credentials did not count: ``Sessions/Reason``.
    public var reason = ""
    /// Why there was no decision: ``Sessions/Fault``.
    public var fault = ""
    /// The user's central id.
    public var userID: Int64?
    /// The subject of JWTs, `mw:<scope>:<central id>`.
    public var userSub = ""
    /// The user's name; only with `decisions.user_names`.
    public var userName = ""
    /// The consumer's key. Of a refusal too, when the consumer is registered.
    public var consumerKey = ""
    /// The rate limit class.
    public var rateLimitClass = ""
    /// What rate limits count on.
    public var rateLimitKey = ""
    /// The client's address, when there is no ``rateLimitKey``: rate limits count on it then.
    public var clientAddress = ""
    /// For whom the wiki acts: `user` or `anonymous`.
    public var actsAs = ""
    /// What happened to the session cookie: `set`, `keep` or `none`.
    public var cookie = ""
    /// Whether refusals are carried out: `enforce` or `observe`.
    public var mode = ""
    /// From the arrival of the whole request to its answer, in microseconds; waits for lookups are part of it.
    public var duration: Int64 = 0
    /// For how many lookups it had to wait.
    public var lookups: Int64 = 0
    /// For how many requests this line stands: 1 divided by the rate at which such requests are sampled.
    public var sampleWeight: Double = 1
    /// Which instance wrote it.
    public var instance = ""
    /// The version that decided.
    public var version = ""

    /// Nothing known.
    public init() {}
}

// MARK: - Writing

extension DecisionRecord {
    /// Appends the line, with its line feed. Fields that are not known are left out.
    public func write(into output: inout [UInt8]) {
        output.append(contentsOf: #"{"time":""#.utf8)
        CivilTime.appendRFC3339(milliseconds: time, into: &output)
        output.append(UInt8(ascii: "\""))
        Self.append("request_id", requestID, into: &output)
        Self.append("trace_id", traceID, into: &output)
        Self.append("host", host, into: &output)
        Self.append("wiki", wiki, into: &output)
        Self.append("method", method, into: &output)
        Self.append("path", path, into: &output)
        Self.append("outcome", outcome, into: &output)
        Self.append("type", type, into: &output)
        Self.append("reason", reason, into: &output)
        Self.append("fault", fault, into: &output)
        if let userID { Self.append("user_id", number: userID, into: &output) }
        Self.append("user_sub", userSub, into: &output)
        Self.append("user_name", userName, into: &output)
        Self.append("consumer_key", consumerKey, into: &output)
        Self.append("class", rateLimitClass, into: &output)
        Self.append("rate_limit_key", rateLimitKey, into: &output)
        Self.append("client_address", clientAddress, into: &output)
        Self.append("acts_as", actsAs, into: &output)
        Self.append("cookie", cookie, into: &output)
        Self.append("mode", mode, into: &output)
        Self.append("duration_us", number: duration, into: &output)
        Self.append("lookups", number: lookups, into: &output)
        Self.append(name: "sample_weight", into: &output)
        // A whole number is written as one: "100", not "100.0".
        let weight = Int64(exactly: sampleWeight).map { "\($0)" } ?? "\(sampleWeight)"
        output.append(contentsOf: weight.utf8)
        Self.append("instance", instance, into: &output)
        Self.append("version", version, into: &output)
        output.append(contentsOf: "}\n".utf8)
    }

    private static func append(name: StaticString, into output: inout [UInt8]) {
        output.append(contentsOf: ",\"".utf8)
        output.append(name)
        output.append(contentsOf: "\":".utf8)
    }

    private static func append(_ name: StaticString, _ text: String, into output: inout [UInt8]) {
        guard !text.isEmpty else { return }
        append(name: name, into: &output)
        JSON.appendString(text, into: &output)
    }

    private static func append(_ name: StaticString, number: Int64, into output: inout [UInt8]) {
        append(name: name, into: &output)
        output.append(contentsOf: String(number).utf8)
    }
}
