// What a database lacks that does not keep it from being used, with the consequence, since an operator may not know it.

import Sessions

extension TableLayout {
    /// One sentence for each table or column that is missing and that some decisions depend on.
    ///
    /// - Parameter source: Whose ids central ids are; `self` is where these users are.
    func advice(for source: UserSettings.Source) -> [String] {
        switch source {
        case .local:
            lacks(
                "user_groups", ["ug_user", "ug_group"], so: "no user is in a group, and no class of a group is given")
                + lacks("user", ["user_editcount", "user_registration"], so: Self.withoutEdits)
        case .centralAuth:
            lacks(
                "global_user_groups", ["gug_user", "gug_group"],
                so: "no user is in a global group, and no class of a group is given")
                + lacks("global_edit_count", ["gec_user", "gec_count"], so: Self.withoutEdits)
                + lacks("globaluser", ["gu_registration"], so: Self.withoutEdits)
                + lacks(
                    "localuser", ["lu_name", "lu_wiki"],
                    so: "no user is refused for an account of the same name that is another's, or for having none")
        }
    }

    private static let withoutEdits = "no user counts as established"

    /// The same for the tables of OAuth.
    var oauthAdvice: [String] {
        lacks("oauth2_access_tokens", [], so: "every OAuth 2 access token is refused")
    }

    private func lacks(_ table: String, _ columns: [String], so consequence: String) -> [String] {
        if !has(table) { return ["table \(prefix)\(table) \(dialect.isMissing): \(consequence)"] }
        return columns.filter { !has(table, [$0]) }.map {
            "column \($0) of table \(prefix)\(table) \(dialect.isMissing): \(consequence)"
        }
    }

    /// Requires that blocks of users can be known, for a wiki where a block ends a login.
    ///
    /// - Parameters:
    ///   - users: Where the users are; `self` is where the wiki's own tables are.
    ///   - source: Whose ids central ids are.
    /// - Throws: When neither file has the blocks.
    func requireBlocks(users: TableLayout, source: UserSettings.Source) throws(StoreError) {
        if users.has("user_state", ["user_id", "block_sitewide"]) { return }
        // A global user is blocked as the wiki's own user of that name.
        if source == .centralAuth { try require("user", ["user_id", "user_name"]) }
        let isKnown = BlockJoin.isKnown(self)
        if isKnown.blocks || isKnown.oldBlocks { return }
        throw StoreError(
            .unavailable(
                "users.block_disables_login needs to know who is blocked, but there is neither \(prefix)block with "
                    + "\(prefix)block_target (since MediaWiki 1.42) nor \(prefix)ipblocks"), file: file)
    }
}

/// The wikis that consumers and acceptances are for.
struct KnownWikis {
    /// The statements, one for each table, without parameters. Of acceptances the newest are enough.
    static func statements(_ wiki: TableLayout) -> [String] {
        [
            "SELECT DISTINCT oarc_wiki FROM \(wiki.name("oauth_registered_consumer"))",
            "SELECT DISTINCT oaac_wiki FROM (SELECT oaac_wiki FROM \(wiki.name("oauth_accepted_consumer"))"
                + " ORDER BY oaac_id DESC LIMIT 1000) AS newest",
        ]
    }

    /// A sentence for each configured wiki that none of the rows is for.
    static func advice(configured: [String], found: Set<String>) -> [String] {
        guard !found.isEmpty, !found.contains("*") else { return [] }
        return configured.filter { !found.contains($0) }.map { id in
            let names = found.sorted().prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
            return "no row is for the wiki \"\(id)\", so its OAuth requests are refused; rows are for \(names) "
                + "(the id is $wgDBname, followed by a hyphen and $wgDBprefix where there is a prefix)"
        }
    }
}
