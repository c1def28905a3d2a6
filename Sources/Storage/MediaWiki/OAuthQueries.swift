// The OAuth extension's three tables.
//
// Keys are compared as bytes. SQLite never finds a blob equal to a text, and MediaWiki's columns, declared BLOB, hold either,
// depending on who wrote the row: so both are asked for, one after the other, since `IN` would build a table of them each time.
// What is found is compared once more, in case that the column was declared with a collation that takes different keys for the
// same.

import Sessions

/// Prepared queries for consumers, acceptances and access tokens.
final class OAuthQueries {
    private let consumerByKey: SQLiteStatement
    private let consumerByID: SQLiteStatement
    private let acceptanceByToken: SQLiteStatement
    private let acceptanceByID: SQLiteStatement
    /// Nil where the extension is older than OAuth 2.
    private let accessTokenByIdentifier: SQLiteStatement?

    /// Prepares the queries. Throws when a table or column that a verdict needs is missing.
    init(_ layout: TableLayout) throws(StoreError) {
        let connection = layout.connection
        let consumers = try Self.consumers(layout)
        consumerByKey = try connection.prepare(consumers + " WHERE oarc_consumer_key = ?1")
        consumerByID = try connection.prepare(consumers + " WHERE oarc_id = ?1")
        let acceptances = try Self.acceptances(layout)
        acceptanceByToken = try connection.prepare(acceptances + " WHERE oaac_access_token = ?1")
        acceptanceByID = try connection.prepare(acceptances + " WHERE oaac_id = ?1")
        accessTokenByIdentifier = try Self.accessTokens(layout).map { (query) throws(StoreError) in
            try connection.prepare(query + " WHERE oaat_identifier = ?1")
        }
    }

    private static func consumers(_ layout: TableLayout) throws(StoreError) -> String {
        let table = "oauth_registered_consumer"
        let columns = [
            "oarc_id", "oarc_consumer_key", "oarc_name", "oarc_user_id", "oarc_owner_only", "oarc_stage", "oarc_wiki",
            "oarc_secret_key", "oarc_rsa_key", "oarc_restrictions", "oarc_grants",
        ]
        try layout.require(table, columns)
        let version = try layout.optional("oarc_oauth_version", of: table, otherwise: "1")
        return "SELECT \(columns.joined(separator: ", ")), \(version) FROM \(layout.name(table))"
    }

    private static func acceptances(_ layout: TableLayout) throws(StoreError) -> String {
        let table = "oauth_accepted_consumer"
        let columns = [
            "oaac_id", "oaac_wiki", "oaac_user_id", "oaac_consumer_id", "oaac_access_token", "oaac_access_secret",
            "oaac_grants",
        ]
        try layout.require(table, columns)
        return "SELECT \(columns.joined(separator: ", ")) FROM \(layout.name(table))"
    }

    private static func accessTokens(_ layout: TableLayout) throws(StoreError) -> String? {
        let table = "oauth2_access_tokens"
        let columns = ["oaat_identifier", "oaat_acceptance_id", "oaat_revoked"]
        guard try !layout.columns(of: table).isEmpty else { return nil }
        try layout.require(table, columns)
        return "SELECT \(columns.joined(separator: ", ")) FROM \(layout.name(table))"
    }

    /// The consumer with this key.
    func consumer(key: [UInt8]) throws(StoreError) -> Consumer? {
        try consumerByKey.first(key: key) {
            Self.consumer($0)
        } matching: {
            $0.key == key
        }
    }

    /// The consumer with this id.
    func consumer(id: Int64) throws(StoreError) -> Consumer? {
        try consumerByID.first(id: id) { Self.consumer($0) }
    }

    /// The acceptance with this OAuth 1 access token.
    func acceptance(token: [UInt8]) throws(StoreError) -> Acceptance? {
        try acceptanceByToken.first(key: token) {
            Self.acceptance($0)
        } matching: {
            $0.accessToken == token
        }
    }

    /// The acceptance with this id.
    func acceptance(id: Int64) throws(StoreError) -> Acceptance? {
        try acceptanceByID.first(id: id) { Self.acceptance($0) }
    }

    /// The access token with this `jti`.
    func accessToken(identifier: [UInt8]) throws(StoreError) -> AccessTokenRow? {
        try accessTokenByIdentifier?.first(key: identifier) { row in
            AccessTokenRow(identifier: row.bytes(0), acceptanceID: row.integer(1), revoked: row.integer(2) != 0)
        } matching: {
            $0.identifier == identifier
        }
    }

    private static func consumer(_ row: SQLiteStatement) -> Consumer {
        Consumer(
            id: row.integer(0), key: row.bytes(1), name: row.text(2), ownerID: row.integer(3),
            ownerOnly: row.integer(4) != 0, stage: Consumer.Stage(rawValue: Int(row.integer(5))), wiki: row.text(6),
            oauthVersion: Int(row.integer(11)), storedSecret: row.bytes(7), rsaKey: row.bytes(8),
            restrictions: row.bytes(9), grants: row.bytes(10))
    }

    private static func acceptance(_ row: SQLiteStatement) -> Acceptance {
        Acceptance(
            id: row.integer(0), wiki: row.text(1), userID: row.integer(2), consumerID: row.integer(3),
            accessToken: row.bytes(4), storedSecret: row.bytes(5), grants: row.bytes(6))
    }
}

extension SQLiteStatement {
    /// The first row for a key that is really for it: the key is asked for as text and as a blob, first as what was last found.
    func first<Row>(
        key: [UInt8], read: (SQLiteStatement) -> Row, matching: (Row) -> Bool
    ) throws(StoreError) -> Row? {
        defer { reset() }
        for _ in 0..<2 {
            if keysAreBlobs { bindBlob(key, at: 1) } else { bindText(key, at: 1) }
            while try step() {
                let row = read(self)
                if matching(row) { return row }
            }
            reset()
            keysAreBlobs.toggle()
        }
        return nil
    }

    /// The row for an id.
    func first<Row>(id: Int64, read: (SQLiteStatement) -> Row) throws(StoreError) -> Row? {
        bind(.integer(id), at: 1)
        defer { reset() }
        return try step() ? read(self) : nil
    }

    /// Calls `body` with each row for an id, until it returns true; returns whether it did.
    func contains(id: Int64, where body: (SQLiteStatement) -> Bool) throws(StoreError) -> Bool {
        bind(.integer(id), at: 1)
        defer { reset() }
        while try step() {
            if body(self) { return true }
        }
        return false
    }
}
