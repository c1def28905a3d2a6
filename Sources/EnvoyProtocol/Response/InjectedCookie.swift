// The request's `cookie` header, overwritten so that a filter behind sees the session that was verified, or none: the client's
// cookies, with the session's in place of the client's own. Filters don't agree about blanks, quotes and escapes, so what was verified
// is written in the one form that all of them read.

import Bytes
import Sessions

/// What becomes of the request's `cookie` header.
package enum InjectedCookie {
    /// It stays as it is.
    case unchanged
    /// It is removed.
    case removed
    /// It gets this value.
    case replaced([UInt8])

    /// What becomes of the `cookie` header of `request`.
    package init(_ settled: SettledDecision, _ request: Request, _ policy: Policy) {
        let original = request.cookie ?? .empty
        let isPresented = policy.cookieName.withBytes { CookieHeader(original).first($0) != nil }
        guard settled.cookie != nil || isPresented else {
            self = .unchanged
            return
        }
        // Cookies that are no header value can't travel in an answer: they are left out.
        var sendable: [UInt8] = []
        let isSendable = Self.isSendable(original)
        if !isSendable { CookieHeader(original).copy(where: Self.isSendable, into: &sendable) }
        let value = sendable.withBytes { sendable in
            policy.cookieName.withBytes { name in
                Self.value(CookieHeader(isSendable ? original : sendable), name, settled)
            }
        }
        self = value.withBytes({ $0 == original }) ? .unchanged : value.isEmpty ? .removed : .replaced(value)
    }

    /// The client's cookies with the verified session's; without any where there is none, or where it was not in a cookie.
    private static func value(_ cookies: CookieHeader, _ name: Bytes, _ settled: SettledDecision) -> [UInt8] {
        var value: [UInt8] = []
        let decision = settled.decision
        let isCookie = decision.identity?.type == .cookie || decision.cookie == .keep
        if let cookie = settled.cookie {
            cookie.token.withBytes { cookies.copy(setting: name, to: $0, into: &value) }
        } else if isCookie, let presented = cookies.first(name) {
            var token: [UInt8] = []
            Percent.decodeForm(presented, into: &token)
            token.withBytes { cookies.copy(setting: name, to: $0, into: &value) }
        } else {
            cookies.copy(removing: name, into: &value)
        }
        return value
    }

    private static func isSendable(_ text: Bytes) -> Bool {
        text.isUTF8 && text.buffer.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
    }
}
