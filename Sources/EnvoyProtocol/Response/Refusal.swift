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
        let status = reason.isLimit ? Self.tooMany : shape.status
        let error = RefusalError(reason, message: reason.message(cookieName: cookieName), status: status)
        let format = if case .action(let format) = shape { format } else { APIErrorFormat() }
        let type: String
        switch shape {
        case .action, .other: (type, body) = (format.contentType, format.body(of: error))
        case .rest: (type, body) = ("application/json", error.rest.compact)
        case .page: (type, body) = ("text/plain; charset=utf-8", error.page)
        }
        self.status = status
        headers =
            [Self.advice(reason, isBearer: isBearer)] + [
                ("content-type", type),
                ("cache-control", "private, no-store"),
                ("mediawiki-api-error", error.code),
            ]
    }

    /// Too Many Requests (RFC 6585, 4), wherever the request was sent: what stands before a wiki answers so, and clients wait.
    private static let tooMany = 429
    /// Seconds until a client that has sent too much is to try again. It is some minutes until its nonces are forgotten.
    private static let retryAfter = "60"

    /// What the client is to do: wait, or come with valid credentials (RFC 6750, 3; RFC 5849, 3.5.1).
    private static func advice(_ reason: Reason, isBearer: Bool) -> (name: String, value: String) {
        if reason.isLimit { return ("retry-after", retryAfter) }
        return ("www-authenticate", isBearer ? #"Bearer error="invalid_token""# : "OAuth")
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
        code = reason.isLimit ? 8 : 16
        denied = ProtobufWriter.encoded { denied in
            denied.message(ResponseField.deniedStatus) { $0.varint(ResponseField.code, UInt64(refusal.status)) }
            for header in refusal.headers { denied.deniedHeader(header.name, Array(header.value.utf8)) }
            denied.bytes(ResponseField.deniedBody, refusal.body)
        }
    }

    /// google.rpc.Code: UNAUTHENTICATED, or RESOURCE_EXHAUSTED of a client that is to wait. This is what refuses: whatever the HTTP
    /// status is, Envoy lets nothing pass.
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
