// Every refusal's answer, made once: MediaWiki-shaped JSON, the challenge that the credential's RFC asks for, nothing of what
// the client sent.

import Bytes
import EnvoyProtocol

/// Encoded answers that do not depend on the request.
struct Refusals: Sendable {
    private let oauth1: [[UInt8]]
    private let bearer: [[UInt8]]
    private let leaves: [[UInt8]]

    init() {
        oauth1 = Reason.allCases.map { Self.part(for: $0, challenge: "OAuth") }
        bearer = Reason.allCases.map { Self.part(for: $0, challenge: #"Bearer error="invalid_token""#) }
        leaves = Reason.allCases.map { reason in
            var writer = ProtobufWriter()
            Answer.writeLeaf("reason", reason.rawValue, into: &writer)
            return writer.bytes
        }
    }

    /// The `status` and `denied_response` fields of a refusal.
    func part(for reason: Reason, isBearer: Bool) -> [UInt8] {
        (isBearer ? bearer : oauth1)[reason.index]
    }

    /// The metadata field `reason`.
    func reasonLeaf(_ reason: Reason) -> [UInt8] { leaves[reason.index] }

    private static func part(for reason: Reason, challenge: String) -> [UInt8] {
        Answer.deniedPart(
            body: body(for: reason),
            headers: [
                ("www-authenticate", challenge),
                ("content-type", "application/json; charset=utf-8"),
                ("cache-control", "private, no-store"),
                ("mediawiki-api-error", "\(reason.errorCode)"),
            ])
    }

    /// `{"error":{"code":…,"info":…,"reason":…}}`, as the action API words errors.
    static func body(for reason: Reason) -> [UInt8] {
        let info: String =
            reason.errorCode.description == "mwoauth-invalid-authorization"
            ? "The authorization headers in your request are not valid: \(reason.explanation)" : "\(reason.explanation)"
        let error: [JSON.Member] = [
            .init("code", .string("\(reason.errorCode)")),
            .init("info", .string(info)),
            .init("reason", .string(reason.rawValue)),
        ]
        return JSON.object([.init("error", .object(error))]).compact
    }
}

extension Reason {
    private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    /// Position in `allCases`.
    var index: Int { Self.indices[self] ?? 0 }
}
