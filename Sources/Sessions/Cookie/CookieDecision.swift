// Whether the client of an OAuth session gets a session cookie, keeps its own, or is refused for one that is not its own.

import Bytes

extension Check {
    /// Sets, keeps or refuses the cookie of an OAuth session; `refreshes` where the one that is set takes the place of a valid one.
    func decideCookie(
        _ request: Request, of identity: Identity, _ scratch: inout Scratch
    ) throws(Halt) -> (action: CookieAction, refreshes: Bool) {
        guard wantsCookie(identity) else {
            scratch.trace?.note("cookie", "none for sessions of type \(identity.type.rawValue)")
            return (.none, false)
        }
        guard let cookie = sessionCookie(of: request) else {
            scratch.trace?.note("cookie", "none came with the request: one is set")
            return (.set, false)
        }
        do throws(Halt) {
            let presented = try verifyCookie(cookie, &scratch)
            guard presented.userID == identity.userID else { throw .refused(.cookieSubject) }
            scratch.trace?.check("session cookie is valid and the user's", true)
            return isFresh(presented, scratch.trace) ? (.keep, false) : (.set, true)
        } catch .refused(let reason) {
            scratch.trace?.check("session cookie is valid and the user's", false)
            if settings.cookie.invalid == .refuse { throw .refused(reason) }
            return (.set, false)
        }
    }

    /// Keeps a cookie of the same user, and sets none: the wiki sets none either.
    func cookieKept(
        by identity: Identity, _ request: Request, _ scratch: inout Scratch
    ) throws(Halt) -> CookieAction {
        guard wantsCookie(identity), let cookie = sessionCookie(of: request) else { return .none }
        do throws(Halt) {
            return try verifyCookie(cookie, &scratch).userID == identity.userID ? .keep : .none
        } catch .refused {
            return .none
        }
    }

    private func wantsCookie(_ identity: Identity) -> Bool {
        guard policy.keys.signer != nil, identity.userID != nil else { return false }
        switch identity.type {
        case .oauth1: return settings.cookie.forOAuth1
        case .oauth2Owner: return settings.cookie.forOwnerOnly
        default: return false
        }
    }

    /// Whether at least three quarters of the cookie's lifetime are left.
    private func isFresh(_ cookie: VerifiedCookie.Claims, _ trace: Trace?) -> Bool {
        let left = (cookie.softExpiry ?? -.infinity) - Double(now.seconds)
        let isFresh = left >= 0.75 * Double(settings.cookie.lifetime)
        trace?.note(
            "cookie",
            "\(left == -.infinity ? "no sxp" : "\(Int64(exactly: left.rounded()) ?? .max) s left"), refreshed below "
                + "\(Int64(0.75 * Double(settings.cookie.lifetime))) s: \(isFresh ? "kept" : "refreshed")")
        return isFresh
    }
}
