// The way of a request through the domain, from top to bottom: find the credential, verify it, decide about the cookie.
//
//     Request ─ find ─┬─ OAuth 1 ─── verifyOAuth1 ──┐
//                     ├─ Bearer ──── verifyBearer ──┼─ Identity ─ decideCookie ─ Decision
//                     └─ none ────── cookie session ┘
//
// Everything here is synchronous, reads memory only, and changes nothing but the scratch. What memory does not hold ends the check
// with `.needs`; once that is looked up, the check is made again from the start. What is to be done (claim a nonce, set a cookie) is
// in the decision; `Memory.carryOut` does it.

import Bytes

/// Decides about `request`. The same arguments give the same answer.
public func decide(
    _ request: Request, _ policy: Policy, _ memory: Memory, at now: Timestamp, _ scratch: inout Scratch
) -> Step<Decision> {
    scratch.begin()
    return Check(policy: policy, memory: memory, now: now).decide(request, &scratch)
}

/// What one check reads beside the request.
struct Check {
    let policy: Policy
    let memory: Memory
    let now: Timestamp

    var settings: Settings { policy.settings }
}

/// What the credentials of a request say.
enum Found {
    /// Whose request it is, when the credentials end (milliseconds since 1970), and the nonce to be claimed.
    case identity(Identity, expires: Double? = nil, claim: NonceClaim? = nil)
    /// No credentials that count.
    case anonymous(Reason?)
    /// Invalid credentials, whose nonce is used up since the signature was valid.
    case refused(Reason, claim: NonceClaim)
}

extension Check {
    fileprivate func decide(_ request: Request, _ scratch: inout Scratch) -> Step<Decision> {
        let route: Route
        do throws(Route.Misconfigured) {
            route = try Route(request.overrides, policy)
        } catch {
            scratch.routeProblem = error.description
            return .failed(.routeMisconfigured)
        }
        let target = RequestTarget(request.target)
        let credential = findCredential(in: request, target, &scratch)
        scratch.trace?.note("credential", credential.description)
        let shape = Decision.Shape(route, credential)
        do throws(Halt) {
            let found = try verify(credential, request, target, route, &scratch)
            return .decided(try conclude(found, request, target, shape, &scratch))
        } catch {
            switch error {
            case .refused(let reason): return .decided(Decision(.refused, shape, reason: reason))
            case .needs(let lookup): return .needs(lookup)
            case .failed(let fault): return .failed(fault)
            }
        }
    }

    /// What follows from valid credentials, or from none.
    private func conclude(
        _ found: Found, _ request: Request, _ target: RequestTarget, _ shape: Decision.Shape,
        _ scratch: inout Scratch
    ) throws(Halt) -> Decision {
        switch found {
        case .anonymous(let reason): return Decision(.anonymous, shape, reason: reason)
        case .refused(let reason, let claim): return Decision(.refused, shape, reason: reason, claim: claim)
        case .identity(_, _, let claim) where isForAnyone(target, &scratch):
            return Decision(.anonymous, shape, reason: .originAnonymous, claim: claim)
        case .identity(let identity, let expires, let claim):
            do throws(Halt) {
                let cookie = try decideCookie(request, of: identity, &scratch)
                return Decision(
                    .authenticated, shape, identity: identity, cookie: cookie, expires: expires, claim: claim)
            } catch .refused(let reason) {
                // The signature was valid: its nonce is claimed all the same.
                return Decision(.refused, shape, reason: reason, claim: claim)
            }
        }
    }

    private func verify(
        _ credential: Credential, _ request: Request, _ target: RequestTarget, _ route: Route,
        _ scratch: inout Scratch
    ) throws(Halt) -> Found {
        switch credential {
        case .none: return try verifyCookieSession(request, &scratch)
        case .ignored: return .anonymous(nil)
        case .misplaced: throw .refused(.notAPI)
        case .centralAuth(let token):
            let found = try token.withBytes { (token) throws(Halt) in try verifyCentralAuth(token, &scratch) }
            guard case .anonymous(let reason) = found else { return found }
            // An invalid token does not make a user anonymous: the wiki is to refuse it, or does not look at it.
            let session = try verifyCookieSession(request, &scratch)
            if case .identity = session { return session }
            return .anonymous(reason)
        case .oauth1(let header):
            do throws(Halt) {
                let wiki = try wiki(of: request, route)
                return try verifyOAuth1(request, header: header, target: target, wiki: wiki, route, &scratch)
            } catch .refused(.bodyUnavailable) where settings.oauth1.bodyUnavailable == .anonymous {
                return .anonymous(.bodyUnavailable)
            }
        case .bearer(let header):
            return try verifyBearer(header, wiki: wiki(of: request, route), &scratch)
        }
    }

    /// Whether the action API will not look at whose request it is: `origin=*` allows every site to read the answer.
    private func isForAnyone(_ target: RequestTarget, _ scratch: inout Scratch) -> Bool {
        guard let origin = target.queryValue("origin"), origin == [UInt8(ascii: "*")] else { return false }
        return scratch.entryPoint(of: target, policy) == .action
    }
}
