// What must hold of acceptance, user and consumer, once a credential is verified: the same for both OAuth versions.

import Wire

enum Standing {
    /// Checks `grant` for `wiki` in MediaWiki's order; the first failure is the verdict.
    static func check(_ grant: Grant, wiki: Wiki, settings: Settings, trace: Trace?) throws(Halt) {
        trace?.note(grant)
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

extension Trace {
    /// The rows that the verdict rests on.
    fileprivate func note(_ grant: Grant) {
        let consumer = grant.consumer
        note(
            "consumer",
            "\(consumer.name) (id \(consumer.id)), \(consumer.stage.map { "\($0)" } ?? "unknown stage"), wiki \(consumer.wiki), "
                + "OAuth \(consumer.oauthVersion)\(consumer.ownerOnly ? ", owner-only" : ""), owner \(consumer.ownerID)"
        )
        note(
            "acceptance",
            grant.acceptance.map { "id \($0.id), user \($0.userID), wiki \($0.wiki)" } ?? "none: client credentials")
        guard let user = grant.user else { return }
        let groups = user.groups.isEmpty ? "no groups" : "groups \(user.groups.joined(separator: ", "))"
        let edits = user.editCount.map { "\($0) edits" } ?? "edit count unknown"
        note(
            "user",
            "\(user.name) (id \(user.id)), \(groups), \(edits)\(user.locked ? ", locked" : "")"
                + (user.blockedSitewide ? ", blocked site-wide" : ""))
    }
}
