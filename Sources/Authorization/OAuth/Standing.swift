// What must hold of acceptance, user and consumer, once a credential is verified: the same for both OAuth versions.

import Wire

enum Standing {
    /// Checks `grant` for `wiki` in MediaWiki's order; the first failure is the verdict.
    static func check(_ grant: Grant, wiki: Wiki, settings: Settings, trace: Trace?) throws(Halt) {
        let accepted = grant.acceptance?.wiki ?? grant.consumer.wiki
        try require(accepted == "*" || accepted == wiki.id, .wrongWiki, "acceptance is for this wiki", trace)
        if grant.acceptance != nil {
            try require(grant.user != nil, .userInvalid, "user exists", trace)
        }
        if let user = grant.user {
            try require(!user.locked, .userBlocked, "user is not locked", trace)
            if settings.users.blockDisablesLogin {
                try require(!user.blockedSitewide, .userBlocked, "user is not blocked site-wide", trace)
            }
        }
        try require(
            isUsable(grant.consumer, by: grant.user), .consumerNotApproved, "consumer is usable by the user", trace)
        let consumerWiki = grant.consumer.wiki
        try require(consumerWiki == "*" || consumerWiki == wiki.id, .wrongWiki, "consumer is for this wiki", trace)
    }

    /// Approved consumers are anybody's, unless owner-only; proposed ones and owner-only ones are their owner's.
    private static func isUsable(_ consumer: Consumer, by user: User?) -> Bool {
        if consumer.stage == .approved, !consumer.ownerOnly { return true }
        guard consumer.stage == .proposed || consumer.stage == .approved, let user else { return false }
        return consumer.ownerID == user.id
    }

    private static func require(
        _ holds: Bool, _ reason: Reason, _ check: StaticString, _ trace: Trace?
    ) throws(Halt) {
        trace?.check(check, holds)
        if !holds { throw .refused(reason) }
    }
}
