// Recorded HTTP requests, replayed through the decoder and the whole check with a pinned clock.

import Sessions
import Storage
import Bytes

/// Replays the requests of one file.
struct RequestReplay {
    private let recording: Recording
    private var sequences: [String: (policy: Policy, memory: Memory)] = [:]

    /// Whether status and text of refusals are compared.
    private let comparesTexts: Bool

    init(_ recording: Recording, comparesTexts: Bool) {
        self.recording = recording
        self.comparesTexts = comparesTexts
    }

    /// One state for each `sequence`; every other vector begins with an empty memory.
    private mutating func state(for vector: JSON) throws -> (policy: Policy, memory: Memory) {
        let sequence = vector["sequence"].flatMap { $0.isNull ? nil : "\($0)" }
        if let known = sequence.flatMap({ sequences[$0] }) { return known }
        let settings = try recording.settings(for: vector["config"])
        let state = (policy: Policy(settings: settings, keys: try recording.keys()), memory: Memory(settings))
        if let sequence { sequences[sequence] = state }
        return state
    }

    mutating func replay(_ vector: JSON, _ id: String, _ number: Int, into tally: inout Tally) throws {
        guard let request = vector["request"] else { throw Unreplayable("neither a request nor a function's output") }
        guard let verdict = vector["verdict_master"], !verdict.isNull else { throw Unreplayable("no verdict_master") }
        guard verdict["oauth_verdict"]?.stringValue != "not-run" else {
            return tally.note(id, "skipped: no verdict was recorded")
        }
        let state = try state(for: vector)
        for name in Recording.unknown(in: vector["config"]) {
            tally.note(id, "config.\(name) is not known here, and ignored")
        }
        let clock = try vector["clock"]?.integerValue ?? request["clock"]?.integerValue ?? recording.clock()
        try rememberNonces(vector["preconditions"]?["nonces_seen"], in: state.memory, at: clock)
        let message = try RecordedRequest.encode(request, cookie: vector["cookie_in"], number: number)
        let checker = Checker(policy: state.policy, memory: state.memory, directory: try recording.directory())
        let outcome = try checker.check(message, at: Timestamp(seconds: clock))
        tally.compare(id, expected: Self.expected(verdict), got: outcome.summary(expecting: verdict))
        if comparesTexts, verdict["oauth_verdict"]?.stringValue == "rejected", outcome.decision.outcome == .refused {
            let refusal = try RecordedRefusal(verdict)
            tally.compare(id + " refusal", expected: refusal.summary, got: outcome.refusalSummary(like: refusal))
        }
        if let expected = vector["mediawiki_base_string"]?.stringValue {
            tally.compare(id + " base string", expected: expected, got: outcome.baseString)
        }
        if let cookie = vector["session_jwt_cookie_set"], verdict["oauth_verdict"]?.stringValue == "accepted" {
            tally.compare(id + " cookie", expected: Self.expectedCookie(cookie), got: outcome.cookieSummary)
        }
    }

    private func rememberNonces(_ nonces: JSON?, in memory: Memory, at clock: Int64) throws {
        for nonce in nonces?.elements ?? [] {
            guard let consumer = nonce["consumer_key"]?.stringValue, let text = nonce["nonce"]?.stringValue else {
                throw Unreplayable("a nonce of nonces_seen has no consumer_key or no nonce")
            }
            let token = nonce["token"]?.stringValue ?? ""
            let expires = nonce["expires_at"]?.integerValue ?? clock + 600
            let claim = Array(consumer.utf8).withBytes { consumer in
                Array(token.utf8).withBytes { token in
                    Array(text.utf8).withBytes {
                        NonceClaim(consumer: consumer, token: token, nonce: $0, requestID: .empty, expires: expires)
                    }
                }
            }
            _ = memory.nonces.claim(claim, now: expires - 600)
        }
    }

    /// The recorded verdict in one line.
    private static func expected(_ verdict: JSON) -> String {
        switch verdict["oauth_verdict"]?.stringValue {
        case "accepted":
            let name = verdict["oauth_log_user"]?.stringValue ?? verdict["user_name"]?.stringValue ?? "[Null]"
            return name == "[Null]" ? "accepted without a user" : "accepted as \(name)"
        case "rejected":
            return "refused " + (verdict["oauth_error_key"]?.stringValue ?? verdict["error_code"]?.stringValue ?? "?")
        case "fatal": return "refused"
        case "not-oauth": return "not OAuth"
        case let other: return "? \(other ?? "no verdict")"
        }
    }

    /// A recorded cookie in one line: attributes and claims but the random `jti`.
    private static func expectedCookie(_ cookie: JSON?) -> String {
        guard let cookie, !cookie.isNull, let payload = cookie["jwt_payload_json"]?.stringValue else {
            return "no cookie"
        }
        return CookieSummary.line(name: cookie["name"]?.stringValue ?? "", payload: payload)
    }
}

/// A cookie in one line.
enum CookieSummary {
    static func line(name: String, payload: String) -> String {
        let members = (try? JSON(parsing: payload))?.members ?? []
        let claims = members.filter { $0.name != "rlc" }
            .map { $0.name == "jti" ? "jti(\($0.value.stringValue?.count ?? 0))" : "\($0.name)=\($0.value)" }
        return "\(name) " + claims.joined(separator: " ")
    }
}
