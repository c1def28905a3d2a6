// The effects of a decision: the part of a check that changes something. A dry run leaves it out.

/// A decision whose effects were carried out.
public struct SettledDecision: Sendable {
    /// What holds, after the claim.
    public let decision: Decision
    /// The cookie that the client gets, when it gets one.
    public let cookie: MintedCookie?
    /// Whether the request was the proxy's retry of one that was answered before.
    public let isRetry: Bool

    init(_ decision: Decision, cookie: MintedCookie? = nil, isRetry: Bool = false) {
        self.decision = decision
        self.cookie = cookie
        self.isRetry = isRetry
    }
}

extension Memory {
    /// Carries out what `decision` asks for: its cookie is found, then its nonce is claimed.
    ///
    /// The claim comes last: whatever is missing before it can be looked up, and the check repeated, without a nonce being used.
    /// - Parameter pending: The request's own claim, once it was resolved.
    public func carryOut(
        _ decision: consuming Decision, _ policy: Policy, at now: Timestamp, pending: PendingClaim? = nil
    ) -> Step<SettledDecision> {
        var cookie: MintedCookie?
        if decision.cookie == .set, let identity = decision.identity {
            cookie = minted.value(identity.mintKey, at: now, generation: policy.generation)
            if cookie == nil { return .needs(.cookie(identity.cookieClaims(policy))) }
        }
        guard let claim = decision.claim else { return .decided(SettledDecision(decision, cookie: cookie)) }
        guard let outcome = pending?.outcome ?? nonces.claim(claim, now: now.seconds) else {
            return .needs(.nonce(PendingClaim(claim, of: decision, generation: policy.generation)))
        }
        switch outcome {
        case .fresh: return .decided(SettledDecision(decision, cookie: cookie))
        case .retried: return .decided(SettledDecision(decision, cookie: cookie, isRetry: true))
        // A replay of a request that was refused for another reason is a replay first.
        case .used: return .decided(SettledDecision(decision.refused(.nonceUsed)))
        case .overShare: return .decided(SettledDecision(decision.refused(.nonceShare)))
        case .unverified: return .decided(SettledDecision(decision.refused(.nonceUnverified)))
        case .full: return .failed(.nonceMemoryFull)
        case .unavailable: return .failed(.nonceStoreUnavailable)
        }
    }
}
