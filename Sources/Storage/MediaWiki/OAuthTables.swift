// The OAuth extension's three tables: their columns in statements, and the records that rows of them become.
//
// Every column is written with the alias of its table, since a statement may join the consumers twice.

import Sessions

/// `oauth_registered_consumer`.
struct ConsumerTable {
    private static let columns = [
        "oarc_id", "oarc_consumer_key", "oarc_name", "oarc_user_id", "oarc_owner_only", "oarc_stage", "oarc_wiki",
        "oarc_secret_key", "oarc_rsa_key", "oarc_restrictions", "oarc_grants",
    ]
    /// The number of columns that ``select(_:)`` returns.
    static let width = columns.count + 1

    /// The table's full name.
    let name: String
    private let hasVersion: Bool

    init(_ layout: TableLayout) throws(StoreError) {
        try layout.require("oauth_registered_consumer", Self.columns)
        name = layout.name("oauth_registered_consumer")
        // Extensions older than OAuth 2 have no such column.
        hasVersion = layout.has("oauth_registered_consumer", ["oarc_oauth_version"])
    }

    /// The columns of a consumer.
    func select(_ alias: String) -> [String] {
        Self.columns.map { "\(alias).\($0)" } + [hasVersion ? "\(alias).oarc_oauth_version" : "1"]
    }

    /// The consumer in a row's columns from `start`; nil when the join found none.
    static func read(_ row: some SQLRow, at start: Int) -> Consumer? {
        if row.isNull(start) { return nil }
        return Consumer(
            id: row.integer(start), key: row.bytes(start + 1), name: row.text(start + 2),
            ownerID: row.integer(start + 3), ownerOnly: row.flag(start + 4),
            stage: Consumer.Stage(rawValue: Int(row.integer(start + 5))), wiki: row.text(start + 6),
            oauthVersion: Int(row.integer(start + 11)), storedSecret: row.bytes(start + 7),
            rsaKey: row.bytes(start + 8),
            restrictions: row.bytes(start + 9), grants: row.bytes(start + 10))
    }
}

/// `oauth_accepted_consumer`.
struct AcceptanceTable {
    private static let columns = [
        "oaac_id", "oaac_wiki", "oaac_user_id", "oaac_consumer_id", "oaac_access_token", "oaac_access_secret",
        "oaac_grants",
    ]
    /// The number of columns that ``select(_:)`` returns.
    static let width = columns.count

    /// The table's full name.
    let name: String

    init(_ layout: TableLayout) throws(StoreError) {
        try layout.require("oauth_accepted_consumer", Self.columns)
        name = layout.name("oauth_accepted_consumer")
    }

    /// The columns of an acceptance.
    func select(_ alias: String) -> [String] { Self.columns.map { "\(alias).\($0)" } }

    /// The acceptance in a row's columns from `start`; nil when the join found none.
    static func read(_ row: some SQLRow, at start: Int) -> Acceptance? {
        if row.isNull(start) { return nil }
        return Acceptance(
            id: row.integer(start), wiki: row.text(start + 1), userID: row.integer(start + 2),
            consumerID: row.integer(start + 3), accessToken: row.bytes(start + 4), storedSecret: row.bytes(start + 5),
            grants: row.bytes(start + 6))
    }
}

/// `oauth2_access_tokens`, where the extension is not older than OAuth 2.
struct AccessTokenTable {
    private static let columns = ["oaat_identifier", "oaat_acceptance_id", "oaat_revoked"]
    /// The number of columns that ``select(_:)`` returns.
    static let width = columns.count

    /// The table's full name.
    let name: String

    init?(_ layout: TableLayout) throws(StoreError) {
        guard layout.has("oauth2_access_tokens") else { return nil }
        try layout.require("oauth2_access_tokens", Self.columns)
        name = layout.name("oauth2_access_tokens")
    }

    /// The columns of a token.
    func select(_ alias: String) -> [String] { Self.columns.map { "\(alias).\($0)" } }

    /// The token in a row's columns from `start`; nil when the join found none.
    static func read(_ row: some SQLRow, at start: Int) -> AccessTokenRow? {
        if row.isNull(start) { return nil }
        return AccessTokenRow(
            identifier: row.bytes(start), acceptanceID: row.integer(start + 1), revoked: row.flag(start + 2))
    }
}
