// What Redis's answer to a claim means, and what is done without an answer.
//
// This process's own memory has the last word each time, and keeps every nonce that is used: so what was claimed before an outage is
// refused in it, and of two requests with one nonce that wait at its beginning one is accepted.

import Sessions

/// Decides claims by what Redis answered.
struct Verdict: Sendable {
    /// What this process remembers.
    let local: NonceMemory
    let whenDown: RedisSettings.WhenDown

    /// The outcome of a claim; nil when Redis's error says that it can't be asked.
    func outcome(of claim: NonceClaim, _ reply: RedisReply, at now: Timestamp) -> NonceOutcome? {
        switch reply {
        case .null: return local.claim(claim, now: now.seconds)
        case .text(let value):
            let owner = ClaimCommand.request(of: value)
            let isOwn = owner == claim.request && owner != 0
            // Kept as the other's, so that the other's retry is recognized here too.
            switch local.claim(claim.by(request: owner), now: now.seconds) {
            case .fresh, .retried: return isOwn ? .retried : .used
            case let outcome: return isOwn ? outcome : .used
            }
        // There is no room: what can't be remembered is not accepted.
        case .error(let text) where text.hasPrefix("OOM"): return .full
        case .error, .integer, .list: return nil
        }
    }

    /// The outcome of a claim while Redis can't be asked.
    func outcomeWithoutRedis(of claim: NonceClaim, at now: Timestamp) -> NonceOutcome? {
        switch whenDown {
        case .local: local.claim(claim, now: now.seconds)
        case .refuse: .unverified
        case .fail: .unavailable
        }
    }
}
