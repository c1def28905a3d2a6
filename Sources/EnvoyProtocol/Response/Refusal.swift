// A refusal's answer: MediaWiki-shaped JSON, the challenge that the credential's RFC asks for, nothing of what the client sent.

import Bytes
import Sessions

/// What the client of a refused request is answered.
package struct Refusal: Sendable {
    /// The HTTP status.
    package let status: Int
    /// Header fields, names in lower case.
    package let headers: [(name: String, value: String)]
    /// JSON.
    package let body: [UInt8]

    /// The answer to a request that was refused for `reason`.
    package init(_ reason: Reason, isBearer: Bool) {
        status = 401
        headers = [
            // RFC 6750, 3; RFC 5849, 3.5.1.
            ("www-authenticate", isBearer ? #"Bearer error="invalid_token""# : "OAuth"),
            ("content-type", "application/json; charset=utf-8"),
            ("cache-control", "private, no-store"),
            ("mediawiki-api-error", "\(reason.errorCode)"),
        ]
        body = Self.body(reason)
    }

    /// `{"error":{"code":…,"info":…,"reason":…}}`, as the action API words errors.
    private static func body(_ reason: Reason) -> [UInt8] {
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

/// Encoded refusals: they do not depend on the request, so each is made once.
struct EncodedRefusals: Sendable {
    /// They are the same for every policy.
    static let shared = EncodedRefusals()

    private let oauth1: [[UInt8]]
    private let bearer: [[UInt8]]
    private let leaves: [[UInt8]]

    private init() {
        oauth1 = Reason.allCases.map { Self.answer(Refusal($0, isBearer: false)) }
        bearer = Reason.allCases.map { Self.answer(Refusal($0, isBearer: true)) }
        leaves = Reason.allCases.map { reason in ProtobufWriter.encoded { $0.leaf("reason", reason.rawValue) } }
    }

    /// The `status` and `denied_response` fields of a refusal.
    func answer(_ reason: Reason, isBearer: Bool) -> [UInt8] { (isBearer ? bearer : oauth1)[reason.index] }

    /// The metadata's `reason`.
    func leaf(_ reason: Reason) -> [UInt8] { leaves[reason.index] }

    /// google.rpc.Code UNAUTHENTICATED.
    private static let unauthenticated: UInt64 = 16

    private static func answer(_ refusal: Refusal) -> [UInt8] {
        ProtobufWriter.encoded { writer in
            writer.message(ResponseField.status) { $0.varint(ResponseField.code, unauthenticated) }
            writer.message(ResponseField.denied) { denied in
                denied.message(ResponseField.deniedStatus) { $0.varint(ResponseField.code, UInt64(refusal.status)) }
                for header in refusal.headers { denied.deniedHeader(header.name, header.value) }
                denied.bytes(ResponseField.deniedBody, refusal.body)
            }
        }
    }
}
