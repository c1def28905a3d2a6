// The effects of a decision: the part of a check that changes something. A dry run leaves it out.

/// A decision whose effects were carried out.
public struct SettledDecision: Sendable {
    /// What holds, after the claim.
    public var decision: Decision
    /// The cookie that the client gets, when it gets one.
    public var cookie: MintedCookie?
    /// Whether the request was the proxy's retry of one that was answered before.
    public var isRetry = false

    /// A decision without effects.
    public init(_ decision: Decision) { self.decision = decision }
}

extension Memory {
    /// Carries out what `decision` asks for: its cookie is found, then its nonce is claimed.
    ///
    /// The claim comes last: whatever is missing before it can be looked up, and the check repeated, without a nonce being used.
    public func carryOut(_ decision: Decision, _ policy: Policy, at now: Timestamp) -> Step<SettledDecision> {
        var settled = SettledDecision(decision)
        if decision.cookie == .set, let identity = decision.identity {
            guard let cookie = minted.value(identity.mintKey, at: now, generation: policy.generation) else {
                return .needs(.cookie(identity.cookieClaims(policy)))
            }
            settled.cookie = cookie
        }
        guard let claim = decision.claim else { return .decided(settled) }
        guard let outcome = nonces.claim(claim, now: now.seconds) else { return .needs(.nonce(claim)) }
        switch outcome {
        case .fresh: break
        case .retried: settled.isRetry = true
        case .used:
            // A replay of a request that was refused for another reason is a replay first.
            settled.decision.refuse(.nonceUsed)
            settled.cookie = nil
        case .full: return .failed(.nonceMemoryFull)
        }
        return .decided(settled)
    }
}
