// Recorded HTTP requests, replayed through the decoder and the whole check with a pinned clock.

import Authorization
import Stores
import Wire

/// Replays the vectors of one file.
struct RequestReplay {
    private let recording: Recording
    private let directory: any Directory

    init(_ recording: Recording) throws {
        self.recording = recording
        directory = try recording.openDirectory()
    }

    /// One state for each `sequence`; every other vector begins with an empty memory.
    func run(_ vectors: [JSON], into tally: inout Tally) throws {
        var sequences: [String: Gate] = [:]
        for (number, vector) in vectors.enumerated() {
            let sequence = vector["sequence"]?.stringValue
            let gate =
                try sequence.flatMap { sequences[$0] }
                ?? Gate(settings: recording.settings(for: vector["config"]), keys: recording.keys)
            if let sequence { sequences[sequence] = gate }
            try replay(vector, number, gate, into: &tally)
        }
    }

    private func replay(_ vector: JSON, _ number: Int, _ gate: Gate, into tally: inout Tally) throws {
        let id = vector["id"]?.stringValue ?? "#\(number)"
        guard let verdict = vector["verdict_master"], let request = vector["request"],
            verdict["oauth_verdict"]?.stringValue != "not-run"
        else { return }
        rememberNonces(vector["preconditions"]?["nonces_seen"], in: gate)
        let message = try RecordedRequest.encode(request, cookie: vector["cookie_in"], number: number)
        let clock = vector["clock"]?.integerValue ?? request["clock"]?.integerValue ?? 0
        let checker = Checker(gate: gate, directory: directory)
        let outcome = try checker.check(message, at: Timestamp(seconds: clock))
        tally.compare(id, expected: Self.expected(verdict), got: outcome.summary(expecting: verdict))
        if let expected = vector["mediawiki_base_string"]?.stringValue {
            tally.compare(id + " base string", expected: expected, got: outcome.baseString)
        }
        if vector["family"]?.stringValue == "session-jwt-cookie", verdict["oauth_verdict"]?.stringValue == "accepted" {
            tally.compare(
                id + " cookie", expected: Self.expectedCookie(vector["session_jwt_cookie_set"]),
                got: outcome.cookieSummary)
        }
    }

    private func rememberNonces(_ nonces: JSON?, in gate: Gate) {
        for nonce in nonces?.elements ?? [] {
            guard let consumer = nonce["consumer_key"]?.stringValue, let token = nonce["token"]?.stringValue,
                let text = nonce["nonce"]?.stringValue, let expires = nonce["expires_at"]?.integerValue
            else { continue }
            let key = Array(consumer.utf8).withBytes { consumer in
                Array(token.utf8).withBytes { token in
                    Array(text.utf8).withBytes { NonceMemory.Key(consumer: consumer, token: token, nonce: $0) }
                }
            }
            _ = gate.memory.nonces.claim(key, request: 0, now: expires - 600, expires: expires)
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
