// The session cookie: a JWT about a user, verified when it comes in and minted when the client needs one.
//
// A cookie costs a client nothing to present again and again, so what its verification found is remembered under its end, which
// is its signature, and beside its whole text; only the times are looked at anew.

import Cryptography
import Bytes
import EnvoyProtocol

/// What a presented cookie was found to be; the same for every request that presents it.
final class VerifiedCookie: Sendable {
    /// What was presented.
    private let text: [UInt8]
    /// The claims that decide later requests; a class, since they are handed around for each of those.
    final class Claims: Sendable {
        let period: ValidityPeriod
        let issuer: String?
        /// The central id in `sub`; nil when the subject is of another scope, or none.
        let userID: Int64?
        /// `sxp`, seconds; past it the session is anonymous. Nil when absent.
        let softExpiry: Double?
        /// `rlc`; nil when absent.
        let rateLimitClass: String?

        /// Nil when a time is no number.
        init?(_ claims: JWTClaims, scope: String) {
            guard let period = ValidityPeriod(claims) else { return nil }
            self.period = period
            issuer = claims[.iss]?.withText(\.string)
            userID = VerifiedCookie.userID(claims[.sub], scope: scope)
            softExpiry = claims[.sxp].flatMap(VerifiedCookie.number)
            rateLimitClass = claims[.rlc]?.withText(\.string)
        }

        /// The end of the session, milliseconds since 1970.
        var expires: Double? {
            let end = min(period.expires ?? .infinity, softExpiry.map { $0 * 1000 } ?? .infinity)
            return end < .infinity ? end : nil
        }
    }

    /// The claims, or why there are none.
    let result: Result<Claims, CookieFault>

    /// A cookie that says nothing.
    enum CookieFault: Error {
        case malformed, signature
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

    /// Whether it was made of `text`, byte for byte.
    func isAbout(_ text: Bytes) -> Bool { self.text.withBytes { $0 == text } }

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

/// What happens to the client's cookie.
public enum CookieAction: Sendable {
    /// The session has none.
    case none
    /// The client's own is good for a while.
    case keep
    /// The client gets this one.
    case set(MintedCookie)

    /// Whether the client's own is good for a while.
    var isKept: Bool {
        if case .keep = self { return true }
        return false
    }

    /// The name that the edge is told.
    public var name: StaticString {
        switch self {
        case .none: "none"
        case .keep: "keep"
        case .set: "set"
        }
    }
}

extension Authorizer {
    /// The session cookie of the request; nil when there is none. As in PHP the first of several counts, and the value
    /// `deleted` is none.
    func sessionCookie(of request: CheckRequest) -> Bytes? {
        guard let header = request.cookie,
            let value = gate.cookieName.withBytes({ CookieHeader(header).first($0) }), value != Bytes("deleted")
        else { return nil }
        return value
    }

    /// Verifies `cookie` as far as that does not depend on whose it is.
    func verifyCookie(_ cookie: Bytes, at now: Timestamp) throws(Halt) -> VerifiedCookie.Claims {
        if let known = gate.memory.verifiedCookie(cookie, at: now) { return try claims(of: known, at: now) }
        // PHP decodes cookie values as it does a query's; a token in a cookie is its own decoding nearly always.
        guard Self.isEncoded(cookie) else { return try verify(cookie, presentedAs: cookie, at: now) }
        var value: [UInt8] = []
        Percent.decodeForm(cookie, into: &value)
        return try value.withBytes { (value) throws(Halt) in try verify(value, presentedAs: cookie, at: now) }
    }

    /// Verifies a JWT of the keys that sign session cookies, which did not come as a cookie.
    func verifySessionToken(_ token: Bytes, at now: Timestamp) throws(Halt) -> VerifiedCookie.Claims {
        // No token has these bytes. What memory has under such a text is about a cookie, and was decoded.
        guard !Self.isEncoded(token) else { throw .refused(.cookieMalformed) }
        if let known = gate.memory.verifiedCookie(token, at: now) { return try claims(of: known, at: now) }
        return try verify(token, presentedAs: token, at: now)
    }

    private static func isEncoded(_ text: Bytes) -> Bool {
        text.firstIndex(of: UInt8(ascii: "%")) != nil || text.firstIndex(of: UInt8(ascii: "+")) != nil
    }

    private func verify(
        _ token: Bytes, presentedAs text: Bytes, at now: Timestamp
    ) throws(Halt) -> VerifiedCookie.Claims {
        let verified = VerifiedCookie(
            token, presentedAs: text, keys: gate.keys.cookieKeys, scope: gate.settings.users.scope)
        gate.memory.remember(verified, of: text, at: now)
        return try claims(of: verified, at: now)
    }

    private func claims(of verified: VerifiedCookie, at now: Timestamp) throws(Halt) -> VerifiedCookie.Claims {
        let claims: VerifiedCookie.Claims
        switch verified.result {
        case .success(let found): claims = found
        case .failure(.malformed): throw .refused(.cookieMalformed)
        case .failure(.signature): throw .refused(.cookieSignature)
        }
        if claims.period.hasExpired(at: now) { throw .refused(.cookieExpired) }
        if claims.period.isEarly(at: now) { throw .refused(.cookieNotYetValid) }
        if claims.issuer != gate.issuer { throw .refused(.cookieIssuer) }
        return claims
    }

    /// Sets, keeps or refuses the cookie of an OAuth session; a valid one may name the user's class.
    func decideCookie(
        _ request: CheckRequest, of identity: inout Identity, at now: Timestamp
    ) throws(Halt) -> CookieAction {
        guard wantsCookie(identity), let claims = identity.claims else {
            identity = classified(identity, by: request, at: now)
            trace?.note("cookie", "none for sessions of type \(identity.type.rawValue)")
            return .none
        }
        let cookie = sessionCookie(of: request)
        if cookie == nil { trace?.note("cookie", "none came with the request: one is set") }
        if let cookie {
            do throws(Halt) {
                let presented = try verifyCookie(cookie, at: now)
                guard presented.userID == claims.userID else { throw .refused(.cookieSubject) }
                trace?.check("session cookie is valid and the user's", true)
                if !hasSoftlyExpired(presented, at: now) {
                    identity = identity.presented(class: presented.rateLimitClass, gate: gate)
                }
                if isFresh(presented, at: now) {
                    bearer?.note(nil)
                    return .keep
                }
            } catch .refused(let reason) {
                trace?.check("session cookie is valid and the user's", false)
                if gate.settings.cookie.invalid == .refuse { throw .refused(reason) }
            }
        }
        return try .set(mintedCookie(of: identity, claims, at: now))
    }

    /// The identity of a session that gets no cookie, in the class that the user's own cookie names, if one came along.
    private func classified(_ identity: Identity, by request: CheckRequest, at now: Timestamp) -> Identity {
        guard !identity.hasNamedClass, let cookie = sessionCookie(of: request), let user = identity.user,
            let presented = try? verifyCookie(cookie, at: now), presented.userID == user.id,
            !hasSoftlyExpired(presented, at: now)
        else { return identity }
        return identity.presented(class: presented.rateLimitClass, gate: gate)
    }

    private func wantsCookie(_ identity: Identity) -> Bool {
        guard gate.keys.signer != nil else { return false }
        switch identity.type {
        case .oauth1: return gate.settings.cookie.forOAuth1
        case .oauth2Owner: return gate.settings.cookie.forOwnerOnly
        default: return false
        }
    }

    /// Whether at least three quarters of the cookie's lifetime are left.
    private func isFresh(_ cookie: VerifiedCookie.Claims, at now: Timestamp) -> Bool {
        let left = (cookie.softExpiry ?? -.infinity) - Double(now.seconds)
        let isFresh = left >= 0.75 * Double(gate.settings.cookie.lifetime)
        trace?.note(
            "cookie",
            "\(left == -.infinity ? "no sxp" : "\(Int64(exactly: left.rounded()) ?? .max) s left"), refreshed below "
                + "\(Int64(0.75 * Double(gate.settings.cookie.lifetime))) s: \(isFresh ? "kept" : "refreshed")")
        return isFresh
    }

    private func mintedCookie(
        of identity: Identity, _ claims: CookieClaims, at now: Timestamp
    ) throws(Halt) -> MintedCookie {
        if isDryRun { return MintedCookie.placeholder }
        guard let key = identity.mintKey, let cookie = gate.memory.minted.value(key, at: now) else {
            throw .needs(.cookie(claims))
        }
        bearer?.note(cookie)
        return cookie
    }

    /// The user of a request without OAuth credentials, by the cookie alone. One that is expired or foreign is nobody's.
    func verifyCookieSession(_ request: CheckRequest, at now: Timestamp) throws(Halt) -> Found {
        guard let cookie = sessionCookie(of: request), !gate.keys.cookieKeys.isEmpty else { return .anonymous(nil) }
        let claims: VerifiedCookie.Claims
        do throws(Halt) {
            claims = try verifyCookie(cookie, at: now)
        } catch .refused(let reason) {
            trace?.check("session cookie is valid", false)
            return .anonymous(reason)
        }
        if hasSoftlyExpired(claims, at: now) {
            trace?.check("session cookie has not passed its soft expiry", false)
            return .anonymous(.cookieExpired)
        }
        let identity = try user(of: claims, at: now)
        trace?.check("session cookie names an existing user", identity != nil)
        guard let identity else { return .anonymous(.cookieSubject) }
        expires = claims.expires
        return .identity(identity.presented(class: claims.rateLimitClass, gate: gate))
    }

    /// The user of a CentralAuth token: a JWT of the session cookie's keys. Whether it has been used already, only CentralAuth
    /// knows; one that does not verify identifies nobody, and is the wiki's to refuse.
    func verifyCentralAuth(_ token: Bytes, at now: Timestamp) throws(Halt) -> Found {
        do throws(Halt) {
            let claims = try verifySessionToken(token, at: now)
            if claims.softExpiry == nil || !hasSoftlyExpired(claims, at: now),
                let identity = try user(of: claims, at: now)
            {
                trace?.check("CentralAuth token is valid", true)
                expires = claims.expires
                return .identity(identity.presented(as: .centralAuth, class: claims.rateLimitClass, gate: gate))
            }
        } catch .refused {
        } catch { throw error }
        trace?.check("CentralAuth token is valid", false)
        return .anonymous(.centralAuthTokenInvalid)
    }

    private func hasSoftlyExpired(_ claims: VerifiedCookie.Claims, at now: Timestamp) -> Bool {
        (claims.softExpiry ?? -.infinity) < Double(now.seconds)
    }

    /// The user that the claims name; nil when there is none, or none who may log in.
    private func user(of claims: VerifiedCookie.Claims, at now: Timestamp) throws(Halt) -> Identity? {
        guard let userID = claims.userID, userID > 0 else { return nil }
        guard let entry = gate.memory.users.value(CacheKey(userID: userID), at: now) else {
            throw .needs(.user(id: userID))
        }
        guard let identity = entry.identity, let user = identity.user, !user.locked,
            !(gate.settings.users.blockDisablesLogin && user.blockedSitewide)
        else { return nil }
        return identity
    }
}

extension CacheKey {
    /// The key of a user's entry.
    init(userID: Int64) {
        var hasher = Hasher()
        hasher.combine(userID)
        self.init(hasher)
    }
}
