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

    /// Bytes of the longest path and query that are read. Web servers take 8 KiB, Envoy at most what all headers may have (96 KiB in
    /// the samples); a longer one would keep an event loop busy.
    static let maxTargetBytes = 64 << 10
}

/// What the credentials of a request say.
enum Found {
    /// Whose request it is, when the credentials end (milliseconds since 1970), and the nonce to be claimed.
    case identity(Identity, expires: Double? = nil, claim: NonceClaim? = nil)
    /// Whose request it is for limits, by credentials that the wiki does not look at; and when they end.
    case ignored(Identity, expires: Double?)
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
        do throws(Halt) {
            try require(
                request.target.count <= Self.maxTargetBytes, .targetTooLong, "path and query are not too long",
                scratch.trace)
            let decision = try decide(request, RequestTarget(request.target), route, &scratch)
            return .decided(consume decision)
        } catch {
            switch error {
            case .refused(let reason): return .decided(Decision(.refused, Decision.Shape(route), reason: reason))
            case .needs(let lookup): return .needs(lookup)
            case .failed(let fault): return .failed(fault)
            }
        }
    }

    @inline(__always)
    private func decide(
        _ request: Request, _ target: RequestTarget, _ route: Route, _ scratch: inout Scratch
    ) throws(Halt) -> Decision {
        let credential = try findCredential(in: request, target, route, &scratch)
        scratch.trace?.note("credential", credential.description)
        let shape = Decision.Shape(route, credential)
        do throws(Halt) {
            do throws(Halt) {
                let found = try verify(credential, request, target, route, &scratch)
                return try conclude(found, request, target, route, shape, &scratch)
            } catch .refused(let reason) {
                return try refuse(reason, request, target, route, shape, &scratch)
            }
        } catch .refused(let reason) {
            return refusal(reason, shape, scratch)
        }
    }

    /// The refusal for `reason`, with the consumer that the credentials name.
    @inline(never)
    private func refusal(
        _ reason: Reason, _ shape: Decision.Shape, claim: NonceClaim? = nil, _ scratch: borrowing Scratch
    ) -> Decision {
        Decision(
            refusedFor: reason, shape, claim: claim, naming: registeredConsumer(named: shape.consumerPlace, scratch))
    }

    /// What follows from valid credentials, or from none.
    private func conclude(
        _ found: Found, _ request: Request, _ target: RequestTarget, _ route: Route,
        _ shape: Decision.Shape, _ scratch: inout Scratch
    ) throws(Halt) -> Decision {
        switch found {
        case .anonymous(let reason): return Decision(.anonymous, shape, reason: reason)
        case .refused(let reason, let claim):
            return try refuse(reason, claim: claim, request, target, route, shape, &scratch)
        case .ignored(let identity, let expires):
            let cookie = try cookieKept(by: identity, request, &scratch)
            return Decision(.authenticated, shape, identity: identity, cookie: cookie, expires: expires)
        case .identity(let identity, let expires, let claim):
            let actsAs = try actsAs(identity, request, target, route, &scratch)
            do throws(Halt) {
                let cookie = try decideCookie(request, of: identity, &scratch)
                return Decision(
                    .authenticated, shape, identity: identity, actsAs: actsAs, cookie: cookie.action,
                    refreshesCookie: cookie.refreshes, expires: expires, claim: claim)
            } catch .refused(let reason) {
                if scratch.entryPoint(of: request, target, policy) == .unknown {
                    return Decision(
                        .authenticated, shape, identity: identity, actsAs: actsAs, cookie: .set, expires: expires,
                        claim: claim)
                }
                // The signature was valid: its nonce is claimed all the same.
                return refusal(reason, shape, claim: claim, scratch)
            }
        }
    }

    /// The refusal for `reason`; where MediaWiki is not known to run, what the cookie says instead.
    /// - Parameter claim: The nonce that the credentials use up, when their signature was valid.
    private func refuse(
        _ reason: Reason, claim: NonceClaim? = nil, _ request: Request, _ target: RequestTarget,
        _ route: Route, _ shape: Decision.Shape, _ scratch: inout Scratch
    ) throws(Halt) -> Decision {
        // What could not be verified may be valid: it must not pass without its limits where a wiki may run.
        guard reason != .wikiUnknown, reason != .bodyUnavailable, reason != .parametersTooMany,
            scratch.entryPoint(of: request, target, policy) == .unknown
        else {
            return refusal(reason, shape, claim: claim, scratch)
        }
        let session = try cookieSession(of: request, beside: reason, &scratch)
        return try conclude(session, request, target, route, shape, &scratch)
    }

    private func verify(
        _ credential: Credential, _ request: Request, _ target: RequestTarget, _ route: Route,
        _ scratch: inout Scratch
    ) throws(Halt) -> Found {
        switch credential {
        case .none: return try verifyCookieSession(request, &scratch)
        case .misplaced: throw .refused(.notAPI)
        case .centralAuth(let token):
            let found = try token.withBytes { (token) throws(Halt) in try verifyCentralAuth(token, &scratch) }
            // An invalid token does not make a user anonymous: the wiki is to refuse it, or does not look at it.
            if case .anonymous(let reason) = found { return try cookieSession(of: request, beside: reason, &scratch) }
            return found
        case .oauth1, .bearer:
            if scratch.entryPoint(of: request, target, policy) == .ignored {
                return try verifyIgnored(credential, request, target, route, &scratch)
            }
            return try verifyOAuth(credential, request, target, route, &scratch)
        }
    }

    private func verifyOAuth(
        _ credential: Credential, _ request: Request, _ target: RequestTarget, _ route: Route,
        _ scratch: inout Scratch
    ) throws(Halt) -> Found {
        let wiki = try wiki(of: request, route)
        if case .bearer(let header) = credential { return try verifyBearer(header, wiki: wiki, &scratch) }
        guard case .oauth1(let header) = credential else { return .anonymous(nil) }
        do throws(Halt) {
            return try verifyOAuth1(request, header: header, target: target, wiki: wiki, route, &scratch)
        } catch .refused(.bodyUnavailable) where settings.oauth1.bodyUnavailable == .anonymous {
            // The wiki acts for whom the form says; the cookie's user is known for limits only.
            let session = try cookieSession(of: request, beside: .bodyUnavailable, &scratch)
            guard case .identity(let identity, let expires, _) = session else { return session }
            return .ignored(identity, expires: expires)
        }
    }

    /// OAuth credentials where MediaWiki does not look at them: valid ones say whose request it is, for limits; invalid ones are not
    /// refused, and the cookie beside them counts. No nonce is claimed, since the wiki takes none.
    private func verifyIgnored(
        _ credential: Credential, _ request: Request, _ target: RequestTarget, _ route: Route,
        _ scratch: inout Scratch
    ) throws(Halt) -> Found {
        let reason: Reason?
        do throws(Halt) {
            switch try verifyOAuth(credential, request, target, route, &scratch) {
            case .identity(let identity, let expires, _): return .ignored(identity, expires: expires)
            case .ignored(let identity, let expires): return .ignored(identity, expires: expires)
            case .refused(let found, _): reason = found
            case .anonymous(let found): reason = found
            }
        } catch .refused(let found) {
            reason = found
        }
        return try cookieSession(of: request, beside: reason, &scratch)
    }

    /// The session of the cookie, where the credentials beside it do not count for `reason`.
    private func cookieSession(
        of request: Request, beside reason: Reason?, _ scratch: inout Scratch
    ) throws(Halt) -> Found {
        let session = try verifyCookieSession(request, &scratch)
        if case .identity = session { return session }
        return .anonymous(reason)
    }
}
