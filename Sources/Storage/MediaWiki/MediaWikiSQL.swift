// The statements of all lookups: one for each, so that a database across a network is asked once.
//
// Parameters are `?`, bound in the order of their appearance. Keys are compared by `=` alone, which every index serves: `IN` and
// `OR` make SQLite build a table for each run, at ten times the cost. Every lookup begins with one row without columns, so that
// what is not found leaves NULLs and what is independent of it is still found.

import Sessions

/// The texts of the statements for one database.
package struct MediaWikiSQL: Sendable {
    /// Consumer, acceptance and its user. Parameters: consumer key, access token.
    package let oauth1: String
    /// Token, client, acceptance, its consumer and user, subject. Parameters: `jti`, `aud`, subject's id or NULL. Without a
    /// table of tokens, the first parameter is compared with nothing.
    package let oauth2: String
    /// A user. Parameter: central id.
    package let user: String

    /// - Parameters:
    ///   - wiki: Where the OAuth tables are, and the wiki's own.
    ///   - users: Where the users are.
    ///   - source: Whose ids central ids are.
    ///   - partialBlocksCount: Whether blocks count that are not of the whole wiki.
    /// - Throws: When a table or column that decisions depend on is missing.
    package init(
        wiki: TableLayout, users: TableLayout, source: UserSettings.Source, partialBlocksCount: Bool = false
    ) throws(StoreError) {
        let (consumers, acceptances) = (try ConsumerTable(wiki), try AcceptanceTable(wiki))
        let tokens = try AccessTokenTable(wiki)
        let user = try UserJoins(source, users: users, wiki: wiki, partialBlocksCount: partialBlocksCount)
        self.user = Self.select(user.columns, user.joins(id: "?"))
        oauth1 = Self.select(
            consumers.select("consumer") + acceptances.select("acceptance") + user.columns,
            [
                "LEFT JOIN \(consumers.name) AS consumer ON consumer.oarc_consumer_key = ?",
                "LEFT JOIN \(acceptances.name) AS acceptance ON acceptance.oaac_access_token = ?",
            ] + user.joins(id: "acceptance.oaac_user_id"))
        let noToken = "LEFT JOIN (SELECT ? AS oaat_identifier, 0 AS oaat_acceptance_id) AS token ON 1 = 0"
        oauth2 = Self.select(
            (tokens?.select("token") ?? Array(repeating: "NULL", count: AccessTokenTable.width))
                + consumers.select("client") + acceptances.select("acceptance") + consumers.select("consumer")
                + user.columns + ["subject.\(user.account.id)"],
            [
                tokens.map { "LEFT JOIN \($0.name) AS token ON token.oaat_identifier = ?" } ?? noToken,
                "LEFT JOIN \(consumers.name) AS client ON client.oarc_consumer_key = ?",
                "LEFT JOIN \(user.account.table) AS subject ON subject.\(user.account.id) = ?",
                "LEFT JOIN \(acceptances.name) AS acceptance ON acceptance.oaac_id = token.oaat_acceptance_id",
                "LEFT JOIN \(consumers.name) AS consumer ON consumer.oarc_id = acceptance.oaac_consumer_id",
            ] + user.joins(id: "acceptance.oaac_user_id"))
    }

    private static func select(_ columns: [String], _ joins: [String]) -> String {
        "SELECT " + columns.joined(separator: ", ") + " FROM (SELECT 1) AS lookup " + joins.joined(separator: " ")
    }
}
