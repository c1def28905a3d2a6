// What stands behind a credential: an acceptance with its consumer and user. Both OAuth versions lead to one, and what must hold of
// it is the same.

import Bytes

/// An acceptance with its consumer and user, as far as decisions depend on them.
struct Grant: Sendable {
    /// Whose request it is, if everything else holds.
    let identity: Identity
    /// The one wiki that the acceptance is for; nil: any.
    let wiki: String?
    let standing: Standing
    /// Where the user may act; nil for everywhere.
    let homes: HomeWikis?
    /// The rows, where a person is to be shown them.
    let rows: GrantRows?

    /// What is known of user and consumer.
    struct Standing: OptionSet, Sendable {
        let rawValue: UInt8
        /// The acceptance is of a user who does not exist.
        static let userMissing = Standing(rawValue: 1)
        static let userLocked = Standing(rawValue: 2)
        /// Blocked in a way that ends a login.
        static let userBlocked = Standing(rawValue: 4)
        /// The consumer can't be used by the user.
        static let consumerUnusable = Standing(rawValue: 8)
    }

    /// - Parameter keepsRows: Whether the rows are to be shown to a person.
    init(
        acceptance: Acceptance?, consumer: Consumer, user: User?, identity: Identity, homes: HomeWikis? = nil,
        keepsRows: Bool
    ) {
        self.identity = identity
        self.homes = homes
        let accepted = acceptance?.wiki ?? consumer.wiki
        wiki = accepted == "*" ? nil : accepted
        var standing: Standing = []
        if acceptance != nil, user == nil { standing.insert(.userMissing) }
        if user?.locked ?? false { standing.insert(.userLocked) }
        if user?.isBlocked ?? false { standing.insert(.userBlocked) }
        if !Self.isUsable(consumer, by: user) { standing.insert(.consumerUnusable) }
        self.standing = standing
        rows = keepsRows ? GrantRows(acceptance: acceptance, consumer: consumer, user: user) : nil
    }

    /// Bytes in memory; the consumer is shared.
    var byteCount: Int { identity.byteCount + (homes?.byteCount ?? 0) }

    /// Approved consumers can be used by all users, unless owner-only; proposed ones and owner-only ones by their owner.
    private static func isUsable(_ consumer: Consumer, by user: User?) -> Bool {
        if consumer.stage == .approved, !consumer.ownerOnly { return true }
        guard consumer.stage == .proposed || consumer.stage == .approved, let user else { return false }
        return consumer.ownerID == user.id
    }
}

/// The rows of a grant.
final class GrantRows: Sendable {
    let acceptance: Acceptance?
    let consumer: Consumer
    let user: User?

    init(acceptance: Acceptance?, consumer: Consumer, user: User?) {
        self.acceptance = acceptance
        self.consumer = consumer
        self.user = user
    }
}

extension Check {
    /// Checks `grant` for `wiki` in MediaWiki's order; the first failure is the reason.
    func requireStanding(_ grant: Grant, wiki: ServedWiki, _ trace: Trace?) throws(Halt) {
        if let rows = grant.rows { trace?.note(rows) }
        let standing = grant.standing
        try require(isFor(wiki, grant.wiki), .wrongWiki, "acceptance is for this wiki", trace)
        try require(!standing.contains(.userMissing), .userInvalid, "user exists", trace)
        if let homes = grant.homes {
            try require(homes.contains(wiki.id), .userInvalid, "the account on this wiki is the user's", trace)
        }
        try require(!standing.contains(.userLocked), .userBlocked, "user is not locked", trace)
        if settings.users.blockDisablesLogin {
            try require(!standing.contains(.userBlocked), .userBlocked, "user is not blocked", trace)
        }
        try require(
            !standing.contains(.consumerUnusable), .consumerNotApproved, "consumer is usable by the user", trace)
        try require(isFor(wiki, grant.identity.consumer?.wiki), .wrongWiki, "consumer is for this wiki", trace)
    }

    /// Nil stands for any wiki.
    private func isFor(_ wiki: ServedWiki, _ id: String?) -> Bool {
        guard let id else { return true }
        return id == wiki.id
    }
}

extension Trace {
    /// The rows that the decision rests on.
    fileprivate func note(_ rows: GrantRows) {
        let consumer = rows.consumer
        note(
            "consumer",
            "\(consumer.name) (id \(consumer.id)), \(consumer.stage.map { "\($0)" } ?? "unknown stage"), wiki \(consumer.wiki), "
                + "OAuth \(consumer.oauthVersion)\(consumer.ownerOnly ? ", owner-only" : ""), owner \(consumer.ownerID)"
        )
        note(
            "acceptance",
            rows.acceptance.map { "id \($0.id), user \($0.userID), wiki \($0.wiki)" } ?? "none: client credentials")
        guard let user = rows.user else { return }
        let groups = user.groups.isEmpty ? "no groups" : "groups \(user.groups.joined(separator: ", "))"
        let edits = user.editCount.map { "\($0) edits" } ?? "edit count unknown"
        note(
            "user",
            "\(user.name) (id \(user.id)), \(groups), \(edits)\(user.locked ? ", locked" : "")"
                + (user.isBlocked ? ", blocked" : ""))
    }
}
