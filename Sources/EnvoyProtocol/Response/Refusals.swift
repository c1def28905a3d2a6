// Every refusal's answer, made once: MediaWiki-shaped JSON, the challenge that the credential's RFC asks for, nothing of what
// the client sent.

import Bytes
import Sessions

/// Encoded answers that do not depend on the request.
struct Refusals: Sendable {
    /// They are the same for every policy.
    static let shared = Refusals()

    private let oauth1: [[UInt8]]
    private let bearer: [[UInt8]]
    private let leaves: [[UInt8]]

    private init() {
        oauth1 = Reason.allCases.map { Self.answer($0, challenge: "OAuth") }
        bearer = Reason.allCases.map { Self.answer($0, challenge: #"Bearer error="invalid_token""#) }
        leaves = Reason.allCases.map { reason in ProtobufWriter.encoded { $0.leaf("reason", reason.rawValue) } }
    }

    /// The `status` and `denied_response` fields of a refusal.
    func answer(_ reason: Reason, isBearer: Bool) -> [UInt8] { (isBearer ? bearer : oauth1)[reason.index] }

    /// The metadata's `reason`.
    func leaf(_ reason: Reason) -> [UInt8] { leaves[reason.index] }

    /// google.rpc.Code UNAUTHENTICATED.
    private static let unauthenticated: UInt64 = 16

    private static func answer(_ reason: Reason, challenge: String) -> [UInt8] {
        ProtobufWriter.encoded { writer in
            writer.message(ResponseField.status) { $0.varint(ResponseField.code, unauthenticated) }
            writer.message(ResponseField.denied) { denied in
                denied.message(ResponseField.deniedStatus) { $0.varint(ResponseField.code, 401) }
                denied.deniedHeader("www-authenticate", challenge)
                denied.deniedHeader("content-type", "application/json; charset=utf-8")
                denied.deniedHeader("cache-control", "private, no-store")
                denied.deniedHeader("mediawiki-api-error", "\(reason.errorCode)")
                denied.bytes(ResponseField.deniedBody, body(reason))
            }
        }
    }

    /// `{"error":{"code":…,"info":…,"reason":…}}`, as the action API words errors.
    static func body(_ reason: Reason) -> [UInt8] {
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
