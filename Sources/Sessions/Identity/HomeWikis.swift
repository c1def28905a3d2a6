// Where a central user may act: an account on a wiki need not be the central user's of the same name.

/// The wikis where a central user may act, of those that are served. Only made where these are not all.
final class HomeWikis: Sendable {
    private let ids: [String]
    /// Whether `ids` are the wikis where the user may not act.
    private let areExcluded: Bool

    /// Where `user` may act; nil for everywhere, and where it is not known.
    ///
    /// MediaWiki's `CentralIdLookup::isAttached` up to 1.46, `isOwned` since then: an account that does not exist is the central
    /// user's to create.
    init?(of user: User?, _ rules: VersionRules, served: Set<String>, local: String) {
        guard let attached = user?.attachedWikis else { return nil }
        if rules.requiresLocalAccount {
            ids = attached.filter(served.contains)
            areExcluded = false
            if ids.count == served.count { return nil }
        } else {
            // Whether there is an account is known of the wiki whose tables are in the database.
            guard user?.hasLocalAccount ?? false, !attached.contains(local) else { return nil }
            ids = [local]
            areExcluded = true
        }
    }

    /// Whether the user may act on the wiki `id`.
    func contains(_ id: String) -> Bool { ids.contains(id) != areExcluded }

    /// The object, its array's head, and its elements; ids of up to 15 bytes need no more.
    var byteCount: Int { 64 + 16 * ids.count }
}
