// What the request's session cookie says of itself, for a person: whether it is believed is the check's affair.

import Sessions
import Bytes

/// A session cookie, shown.
struct PresentedCookie {
    let lines: [String]

    /// The cookie of `request`; nil when it has none.
    init?(in request: Request, settings: CookieSettings, at now: Timestamp) {
        let name = Array(settings.name.utf8)
        guard let value = name.withBytes({ name in request.cookie.flatMap { CookieHeader($0).first(name) } }) else {
            return nil
        }
        guard let claims = Self.claims(of: value) else {
            lines = ["no JWT"]
            return
        }
        let times = ["iat", "sxp", "exp", "nbf"].compactMap { name in
            claims[name]?.doubleValue.map { "\(name)  \(Self.shown($0, at: now))" }
        }
        let texts = ["sub", "iss", "rlc"].compactMap { name in
            claims[name].map { "\(name)  \($0.stringValue ?? "\($0)")" }
        }
        let renewed = Int64(0.75 * Double(settings.lifetime))
        lines = texts + times + ["it is renewed, for sessions that get one, with less than \(renewed) s to sxp"]
    }

    private static func claims(of value: Bytes) -> JSON? {
        var token: [UInt8] = []
        Percent.decodeForm(value, into: &token)
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var payload: [UInt8] = []
        guard parts.count == 3, Array(parts[1]).withBytes({ Base64.decodeURL($0, into: &payload) }) else { return nil }
        let claims = try? JSON(parsing: payload)
        return claims?.members == nil ? nil : claims
    }

    /// A time and how far away it is.
    private static func shown(_ time: Double, at now: Timestamp) -> String {
        let distance = time - Double(now.seconds)
        guard distance.magnitude < 1e12 else { return "\(time)" }
        return "\(Int64(time)) (\(Int64(distance.magnitude)) s \(distance < 0 ? "ago" : "left"))"
    }
}
