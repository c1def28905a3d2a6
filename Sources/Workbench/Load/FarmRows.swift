// The rows of a farm, in MediaWiki's tables. SQLite counts and computes by itself: a million users take seconds.

import Storage

/// Replaces what is in a database of `sessiongate init`.
struct FarmRows {
    private let connection: SQLiteConnection
    private let farm: Farm

    init(_ farm: Farm, file: String) throws {
        self.farm = farm
        connection = try SQLiteConnection(path: file, access: .readWrite)
    }

    /// Writes all rows. A file that this was interrupted in is of no use.
    func write() throws {
        try connection.execute(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN")
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for table in try texts(tables) { try connection.execute("DELETE FROM \(table)") }
        // An index is made much faster of rows that are there than row by row.
        let indexes = "FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        let definitions = try texts("SELECT sql \(indexes)")
        for index in try texts("SELECT name \(indexes)") { try connection.execute("DROP INDEX \(index)") }
        try fill()
        for definition in definitions { try connection.execute(definition) }
        try connection.execute("COMMIT")
    }

    private func fill() throws {
        try insert(
            "user", farm.users,
            [
                "user_id": "i", "user_name": "'User ' || i", "user_registration": "'20150704090000'",
                "user_editcount": "i % 5000",
            ])
        try insertConsumers(.oauth1)
        try insertAcceptances(.oauth1)
        try insertConsumers(.owner)
        try insertAcceptances(.owner)
        try insert(
            "oauth2_access_tokens", farm.owners,
            [
                "oaat_identifier": "\(Farm.sql(.jti)) || \(Farm.sql(.moreJTI))", "oaat_expires": "'30250101000000'",
                "oaat_acceptance_id": "\(farm.users) + i",
            ])
    }

    private enum Version: Int { case oauth1 = 1, owner }

    private func insertConsumers(_ version: Version) throws {
        let isOwner = version == .owner
        try insert(
            "oauth_registered_consumer", isOwner ? farm.owners : farm.consumers,
            [
                "oarc_id": isOwner ? "\(farm.consumers) + i" : "i",
                "oarc_consumer_key": Farm.sql(isOwner ? .clientID : .consumerKey),
                "oarc_name": isOwner ? "'Bot ' || i" : "'Tool ' || i",
                "oarc_user_id": isOwner ? "i" : "1 + (i - 1) % \(farm.users)", "oarc_version": "'1.0'",
                "oarc_callback_url": "'https://tool.example/callback'", "oarc_description": "'Made for measurements'",
                "oarc_email": "'tool@wiki.example'", "oarc_owner_only": isOwner ? "1" : "0", "oarc_wiki": "'*'",
                "oarc_grants": Self.grants, "oarc_registration": Self.time,
                "oarc_secret_key": Farm.sql(isOwner ? .clientSecret : .consumerSecret), "oarc_rsa_key": "''",
                "oarc_restrictions": #"'{"IPAddresses":["0.0.0.0/0","::/0"]}'"#, "oarc_stage": "1",
                "oarc_stage_timestamp": Self.time, "oarc_oauth_version": "\(version.rawValue)",
                "oarc_oauth2_allowed_grants": isOwner ? #"'["client_credentials"]'"# : "'null'",
            ])
    }

    private func insertAcceptances(_ version: Version) throws {
        let isOwner = version == .owner
        try insert(
            "oauth_accepted_consumer", isOwner ? farm.owners : farm.users,
            [
                "oaac_id": isOwner ? "\(farm.users) + i" : "i", "oaac_wiki": "'*'", "oaac_user_id": "i",
                "oaac_consumer_id": isOwner ? "\(farm.consumers) + i" : "1 + (i - 1) % \(farm.consumers)",
                "oaac_access_token": Farm.sql(isOwner ? .clientToken : .token),
                "oaac_access_secret": Farm.sql(.tokenSecret), "oaac_grants": Self.grants, "oaac_accepted": Self.time,
                "oaac_oauth_version": "\(version.rawValue)",
            ])
    }

    private static let grants = #"'["basic","editpage"]'"#
    private static let time = "'20240101000000'"

    /// Inserts a row for each number `i` up to `count`: columns and their expressions.
    private func insert(_ table: String, _ count: Int, _ row: KeyValuePairs<String, String>) throws {
        try connection.run(
            """
            WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?)
            INSERT INTO \(table) (\(row.map(\.key).joined(separator: ", ")))
            SELECT \(row.map(\.value).joined(separator: ", ")) FROM numbers
            """, [.integer(Int64(count))])
    }

    private func texts(_ query: String) throws -> [String] {
        let statement = try connection.prepare(query)
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0)) }
        return texts
    }
}
