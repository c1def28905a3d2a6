// Sessions without OAuth: the session cookie alone, or a CentralAuth token. Both are JWTs of the same keys about a user.

import Bytes

extension Check {
    /// The user of a request without OAuth credentials, by the cookie alone. A cookie that is expired or foreign does not count.
    func verifyCookieSession(_ request: Request, _ scratch: inout Scratch) throws(Halt) -> Found {
        guard let cookie = sessionCookie(of: request), !policy.keys.cookieKeys.isEmpty else { return .anonymous(nil) }
        let claims: VerifiedCookie.Claims
        do throws(Halt) {
            claims = try verifyCookie(cookie, &scratch)
        } catch .refused(let reason) {
            scratch.trace?.check("session cookie is valid", false)
            return .anonymous(reason)
        }
        if claims.hasSoftlyExpired(at: now) {
            scratch.trace?.check("session cookie has not passed its soft expiry", false)
            return .anonymous(.cookieExpired)
        }
        let identity = try user(of: claims, &scratch)
        scratch.trace?.check("session cookie names an existing user", identity != nil)
        guard let identity else { return .anonymous(.cookieSubject) }
        return .identity(identity, expires: claims.expires)
    }

    /// The user of a CentralAuth token: a JWT of the session cookie's keys. Whether it has been used already, only CentralAuth
    /// knows; one that does not verify identifies no user, and is the wiki's to refuse.
    func verifyCentralAuth(_ token: Bytes, _ scratch: inout Scratch) throws(Halt) -> Found {
        do throws(Halt) {
            let claims = try verifySessionToken(token, &scratch)
            if claims.isCentralAuthToken, settings.users.source == .centralAuth,
                claims.softExpiry == nil || !claims.hasSoftlyExpired(at: now),
                let identity = try user(of: claims, &scratch)
            {
                scratch.trace?.check("CentralAuth token is valid", true)
                return .identity(Identity(identity, as: .centralAuth), expires: claims.expires)
            }
        } catch .refused {
        } catch { throw error }
        scratch.trace?.check("CentralAuth token is valid", false)
        return .anonymous(.centralAuthTokenInvalid)
    }

    /// The user that the claims name; nil when there is none, or none who may log in.
    private func user(of claims: VerifiedCookie.Claims, _ scratch: inout Scratch) throws(Halt) -> Identity? {
        guard let userID = claims.userID, userID > 0 else { return nil }
        var isDue = false
        let key = CacheKey(userID: userID)
        guard let entry = memory.users.value(key, at: now, generation: policy.generation, isDue: &isDue) else {
            throw .needs(.user(id: userID))
        }
        if isDue { scratch.refresh = .user(id: userID) }
        return entry.identity
    }
}
