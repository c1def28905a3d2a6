// A refusal's answer, in the words of the place that the request was sent to. Nothing of it is from the request, its shape aside.

import Bytes
import Sessions

/// What the client of a refused request is answered.
package struct Refusal: Sendable {
    /// The HTTP status.
    package let status: Int
    /// Header fields, names in lower case.
    package let headers: [(name: String, value: String)]
    /// The body, of the type that `content-type` names.
    package let body: [UInt8]

    /// The answer to a request that was refused for `reason`. `cookieName` is the name of the session cookie.
    package init(_ reason: Reason, isBearer: Bool, _ shape: RefusalShape, cookieName: String) {
        let own = reason.ownStatus
        let status = own?.status ?? shape.status
        let error = RefusalError(
            reason, message: reason.message(cookieName: cookieName), status: status, phrase: own?.phrase ?? "Forbidden")
        let format = if case .action(let format) = shape { format } else { APIErrorFormat() }
        let type: String
        switch shape {
        case .action, .other: (type, body) = (format.contentType, format.body(of: error))
        case .rest: (type, body) = ("application/json", error.rest.compact)
        case .page: (type, body) = ("text/plain; charset=utf-8", error.page)
        }
        self.status = status
        // RFC 6750, 3; RFC 5849, 3.5.1.
        let challenge = ("www-authenticate", isBearer ? #"Bearer error="invalid_token""# : "OAuth")
        headers =
            (own?.headers ?? [challenge]) + [
                ("content-type", type),
                ("cache-control", "private, no-store"),
                ("mediawiki-api-error", error.code),
            ]
    }
}

/// How a request is refused, wherever it was sent, whose credentials may be valid.
private struct OwnStatus {
    let status: Int
    let phrase: String
    /// google.rpc.Code.
    let code: UInt64
    let headers: [(name: String, value: String)]

    /// RFC 6585, 4. MediaWiki's own status would be 200, but what stands before a wiki answers so, and clients wait. After a minute
    /// some of the client's nonces may be forgotten.
    static let tooMany = OwnStatus(
        status: 429, phrase: "Too Many Requests", code: 8, headers: [("retry-after", "60")])
    /// Valid credentials of which it can't be said whether they were used before. Not 503, which stands for a fault: a proxy puts an
    /// answer of its own in place of that.
    static let unverified = OwnStatus(
        status: 429, phrase: "Too Many Requests", code: 14, headers: [("retry-after", "5")])
    /// RFC 9110, 15.5.15.
    static let tooLong = OwnStatus(status: 414, phrase: "URI Too Long", code: 3, headers: [])
}

extension Reason {
    /// Nil for invalid credentials.
    fileprivate var ownStatus: OwnStatus? {
        switch self {
        case .nonceShare: .tooMany
        case .nonceUnverified: .unverified
        case .targetTooLong: .tooLong
        default: nil
        }
    }
}

extension RefusalShape {
    /// The HTTP status of invalid credentials.
    fileprivate var status: Int {
        switch self {
        case .action: 200
        case .rest: 403
        case .page: 400
        case .other: 401
        }
    }
}

/// A refusal's answer, encoded.
final class EncodedRefusal: Memo, @unchecked Sendable {
    // @unchecked Sendable: immutable.

    /// The answer.
    let refusal: Refusal
    /// Its fields of `DeniedHttpResponse`.
    private let denied: [UInt8]

    fileprivate init(_ refusal: Refusal, _ reason: Reason) {
        self.refusal = refusal
        code = reason.ownStatus?.code ?? 16
        denied = ProtobufWriter.encoded { denied in
            denied.message(ResponseField.deniedStatus) { $0.varint(ResponseField.code, UInt64(refusal.status)) }
            for header in refusal.headers { denied.deniedHeader(header.name, Array(header.value.utf8)) }
            denied.bytes(ResponseField.deniedBody, refusal.body)
        }
    }

    /// google.rpc.Code, UNAUTHENTICATED of invalid credentials. This is what refuses: whatever the HTTP status is, Envoy lets nothing
    /// pass.
    private let code: UInt64

    /// Writes the `status` and `denied_response` fields of the answer to `request`.
    func write(to request: Request, into writer: inout ProtobufWriter) {
        writer.message(ResponseField.status) { $0.varint(ResponseField.code, code) }
        writer.message(ResponseField.denied) { message in
            message.bytes.append(contentsOf: denied)
            for header in CrossOrigin.headers(for: request) { message.deniedHeader(header.name, header.value) }
        }
    }
}

/// The refusals of one policy. Each is made when it is first needed and then kept: there are as many as there are reasons and shapes,
/// whatever clients send.
package final class Refusals: Memo, @unchecked Sendable {
    // @unchecked Sendable: immutable, but for the slots, which are safe.

    private let cookieName: String
    private let slots: [RefusalSlot]

    private init(_ policy: Policy) {
        cookieName = policy.settings.cookie.name
        slots = (0..<Reason.allCases.count * 2 * RefusalShape.count).map { _ in RefusalSlot() }
    }

    private static func of(_ policy: Policy) -> Refusals { policy.memo.get { Refusals(policy) } }

    /// The answer to `request`, which was refused for `reason`.
    static func encoded(
        _ reason: Reason, isBearer: Bool, _ request: Request, _ policy: Policy
    ) -> EncodedRefusal {
        let refusals = of(policy)
        let shape = policy.refusalShape(of: request)
        let index = (shape.index * 2 + (isBearer ? 1 : 0)) * Reason.allCases.count + reason.index
        return refusals.slots[index].memo.get {
            EncodedRefusal(Refusal(reason, isBearer: isBearer, shape, cookieName: refusals.cookieName), reason)
        }
    }

    /// The answer to `request`, which was refused for `reason`.
    package static func refusal(
        _ reason: Reason, isBearer: Bool, _ request: Request, _ policy: Policy
    ) -> Refusal {
        encoded(reason, isBearer: isBearer, request, policy).refusal
    }

    private static let leaves = Reason.allCases.map { reason in
        ProtobufWriter.encoded { $0.leaf("reason", reason.rawValue) }
    }

    /// The metadata's `reason`.
    static func leaf(_ reason: Reason) -> [UInt8] { leaves[reason.index] }
}

/// A place for one refusal. A class, since a slot can't be moved.
private final class RefusalSlot: Sendable {
    let memo = MemoSlot()
}
