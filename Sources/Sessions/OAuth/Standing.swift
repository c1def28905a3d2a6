// What must hold of acceptance, user and consumer, once a credential is verified: the same for both OAuth versions.

import Bytes

enum Standing {
    /// Checks `grant` for `wiki` in MediaWiki's order; the first failure is the verdict.
    static func check(_ grant: Grant, wiki: ServedWiki, gate: Gate, trace: Trace?) throws(Halt) {
        trace?.note(grant)
        try require(isFor(wiki, grant.wiki), .wrongWiki, "acceptance is for this wiki", trace)
        try require(grant.isUserThere, .userInvalid, "user exists", trace)
        try require(!grant.isUserLocked, .userBlocked, "user is not locked", trace)
        if gate.settings.users.blockDisablesLogin {
            try require(!grant.isUserBlocked, .userBlocked, "user is not blocked site-wide", trace)
        }
        try require(grant.isUsable, .consumerNotApproved, "consumer is usable by the user", trace)
        try require(isFor(wiki, grant.consumerWiki), .wrongWiki, "consumer is for this wiki", trace)
    }

    /// Nil stands for any wiki.
    private static func isFor(_ wiki: ServedWiki, _ id: String?) -> Bool {
        guard let id else { return true }
        return id == wiki.id
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
