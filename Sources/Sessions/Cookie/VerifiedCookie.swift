// What a presented session cookie was found to be. A cookie costs a client nothing to present again and again, so what its
// verification found is remembered beside its whole text; only the times are looked at anew.

import Bytes
import Cryptography

/// A session cookie that was looked at; the same for every request that presents it.
final class VerifiedCookie: Remembered {
    /// What was presented.
    let text: [UInt8]
    /// The claims, or why there are none.
    let result: Result<Claims, Flaw>

    /// Why a cookie has no claims.
    enum Flaw: Error {
        case malformed, signature
    }

    /// The claims that decide later requests; a class, since they are handed around for each of those.
    final class Claims: Sendable {
        let period: ValidityPeriod
        let issuer: String?
        /// The central id in `sub`; nil when the subject is of another scope, or there is none.
        let userID: Int64?
        /// `sxp`, seconds since 1970; past it the session is anonymous. Nil when absent.
        let softExpiry: Double?
        /// Whether it is a CentralAuth token (`CAToken`). A session cookie is none.
        let isCentralAuthToken: Bool

        /// Nil when a time is no number.
        init?(_ claims: JWTClaims, scope: String) {
            guard let period = ValidityPeriod(claims) else { return nil }
            self.period = period
            issuer = claims[.iss]?.withText(\.string)
            userID = VerifiedCookie.userID(claims[.sub], scope: scope)
            softExpiry = claims[.sxp].flatMap(VerifiedCookie.number)
            isCentralAuthToken = claims[.caToken] != nil
        }

        /// The end of the session, milliseconds since 1970; nil when it has none.
        var expires: Double? {
            let end = min(period.expires ?? .infinity, softExpiry.map { $0 * 1000 } ?? .infinity)
            return end < .infinity ? end : nil
        }

        /// Whether the session is anonymous by now. One without a soft expiry always is.
        func hasSoftlyExpired(at now: Timestamp) -> Bool { (softExpiry ?? -.infinity) < Double(now.seconds) }
    }

    /// Verifies `token`, which was presented as `text`.
    init(_ token: Bytes, presentedAs text: Bytes, keys: [VerificationKey], scope: String) {
        self.text = text.array
        do {
            let claims = try JWT.verify(token, keys: keys) { Claims($0, scope: scope) }
            result = claims.map { .success($0) } ?? .failure(.malformed)
        } catch {
            result = .failure(error == .signature ? .signature : .malformed)
        }
    }

    /// `token`, which was presented as `text` and verified before.
    init(ofVerified token: Bytes, presentedAs text: Bytes, scope: String) {
        self.text = text.array
        let claims = JWT.readVerified(token) { Claims($0, scope: scope) }
        result = claims.map { .success($0) } ?? .failure(.malformed)
    }

    /// Whether it was made of `text`, byte for byte.
    func isAbout(_ text: Bytes) -> Bool { self.text.withBytes { $0 == text } }

    /// Objects, the array's head, the text and an issuer of the usual length.
    var byteCount: Int { 288 + text.count }

    /// The id of `mw:<provider>:<instance>:<id>`, read as PHP's `(int)` does.
    fileprivate static func userID(_ claim: JSONText?, scope: String) -> Int64? {
        claim?.withText { subject -> Int64? in
            var prefix = "mw:" + scope + ":"
            let length = prefix.withUTF8 { subject.prefix($0.count) == Bytes($0) ? $0.count : nil }
            guard let id = length.map(subject.dropFirst), id.firstIndex(of: UInt8(ascii: ":")) == nil else {
                return nil
            }
            return PHP.integer(id)
        } ?? nil
    }

    fileprivate static func number(_ claim: JSONText) -> Double? {
        if claim.kind == .number { return PHP.leadingNumber(claim.bytes) }
        return claim.withText { PHP.leadingNumber($0) } ?? nil
    }
}

extension Check {
    /// The session cookie of the request; nil when there is none. As in PHP the first of several counts, and the value `deleted` is
    /// none.
    func sessionCookie(of request: Request) -> Bytes? {
        guard let header = request.cookie,
            let value = policy.cookieName.withBytes({ CookieHeader(header).first($0) }), value != Bytes("deleted")
        else { return nil }
        return value
    }

    /// Verifies `cookie` as far as that does not depend on whose it is.
    func verifyCookie(_ cookie: Bytes, _ scratch: inout Scratch) throws(Halt) -> VerifiedCookie.Claims {
        if let known = memory.verifiedCookie(cookie, policy, at: now) { return try claims(of: known) }
        // PHP decodes cookie values as it does a query's; a token in a cookie is its own decoding nearly always.
        guard Self.isEncoded(cookie) else { return try verify(cookie, presentedAs: cookie, &scratch) }
        var value: [UInt8] = []
        Percent.decodeForm(cookie, into: &value)
        return try value.withBytes { (value) throws(Halt) in try verify(value, presentedAs: cookie, &scratch) }
    }

    /// Verifies a JWT of the keys that sign session cookies, which did not come as a cookie.
    func verifySessionToken(_ token: Bytes, _ scratch: inout Scratch) throws(Halt) -> VerifiedCookie.Claims {
        // No token has these bytes. What memory has under such a text is about a cookie, and was decoded.
        guard !Self.isEncoded(token) else { throw .refused(.cookieMalformed) }
        if let known = memory.verifiedCookie(token, policy, at: now) { return try claims(of: known) }
        return try verify(token, presentedAs: token, &scratch)
    }

    private static func isEncoded(_ text: Bytes) -> Bool {
        text.firstIndex(of: UInt8(ascii: "%")) != nil || text.firstIndex(of: UInt8(ascii: "+")) != nil
    }

    private func verify(
        _ token: Bytes, presentedAs text: Bytes, _ scratch: inout Scratch
    ) throws(Halt) -> VerifiedCookie.Claims {
        if let recorded = scratch.recorded { return try recordedClaims(token, text, recorded) }
        let verified = VerifiedCookie(
            token, presentedAs: text, keys: policy.keys.cookieKeys, scope: settings.users.scope)
        scratch.verified.cookie = verified
        return try claims(of: verified)
    }

    /// What a masked cookie says, which was verified when it was checked unless that is what it was refused for.
    private func recordedClaims(
        _ token: Bytes, _ text: Bytes, _ recorded: Reason
    ) throws(Halt) -> VerifiedCookie.Claims {
        if recorded == .cookieSignature || recorded == .cookieMalformed { throw .refused(recorded) }
        return try claims(of: VerifiedCookie(ofVerified: token, presentedAs: text, scope: settings.users.scope))
    }

    private func claims(of verified: VerifiedCookie) throws(Halt) -> VerifiedCookie.Claims {
        let claims: VerifiedCookie.Claims
        switch verified.result {
        case .success(let found): claims = found
        case .failure(.malformed): throw .refused(.cookieMalformed)
        case .failure(.signature): throw .refused(.cookieSignature)
        }
        let leeway = settings.oauth2.leeway
        if claims.period.hasExpired(at: now, leeway: leeway) { throw .refused(.cookieExpired) }
        if claims.period.isEarly(at: now, leeway: leeway) { throw .refused(.cookieNotYetValid) }
        if claims.issuer != policy.issuer { throw .refused(.cookieIssuer) }
        return claims
    }
}
