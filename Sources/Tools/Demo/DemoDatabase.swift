// The demo state's oauth.sqlite, in MediaWiki's own table layout.

import Bytes
import Service
import Storage

/// Writes the tables of a demo state. Only `init` and `token` write; the server reads.
struct DemoDatabase {
    private let connection: SQLiteConnection

    /// Opens the file, which must exist: an empty one becomes a database.
    init(file: String) throws(StoreError) {
        connection = try SQLiteConnection(path: file, access: .readWrite)
    }

    /// Fills an empty file. `time` is MediaWiki's 14 digits.
    func fill(_ registrations: [DemoRegistration], tokens: [DemoToken], time: String) throws(StoreError) {
        try connection.execute("BEGIN")
        try connection.execute(DemoSchema.sql)
        for user in DemoUser.all { try insert(user, time: time) }
        for registration in registrations {
            try insert(registration, time: time)
            for acceptance in registration.acceptances { try insert(acceptance, of: registration, time: time) }
        }
        for token in tokens {
            try insertToken(
                token.claims, acceptance: token.acceptance, revoked: token.kind == .revoked)
        }
        try connection.execute("COMMIT")
    }

    private func insert(_ table: String, _ row: KeyValuePairs<String, SQLiteValue>) throws(StoreError) {
        let columns = row.map(\.key).joined(separator: ", ")
        let marks = row.map { _ in "?" }.joined(separator: ", ")
        try connection.run("INSERT INTO \(table) (\(columns)) VALUES (\(marks))", row.map(\.value))
    }

    private func insert(_ user: DemoUser, time: String) throws(StoreError) {
        let (id, registration) = (SQLiteValue.integer(user.id), SQLiteValue.text(user.registration))
        try insert(
            "user",
            [
                "user_id": id, "user_name": .text(user.name), "user_registration": registration,
                "user_editcount": .integer(user.edits),
            ])
        try insert("globaluser", ["gu_id": id, "gu_name": .text(user.name), "gu_registration": registration])
        try insert("localuser", ["lu_wiki": .text(DemoState.wikiID), "lu_name": .text(user.name)])
        try insert("global_edit_count", ["gec_user": id, "gec_count": .integer(user.edits)])
        for group in user.groups {
            try insert("user_groups", ["ug_user": id, "ug_group": .text(group)])
            try insert("global_user_groups", ["gug_user": id, "gug_group": .text(group)])
        }
        guard user.blocked else { return }
        try insert("block_target", ["bt_id": id, "bt_user": id, "bt_count": .integer(1)])
        try insert("block", ["bl_target": id, "bl_timestamp": .text(time), "bl_expiry": .text("infinity")])
    }

    private func insert(_ registration: DemoRegistration, time: String) throws(StoreError) {
        let consumer = registration.consumer
        let addresses = consumer.addresses.map { "\"\($0)\"" }.joined(separator: ",")
        try insert(
            "oauth_registered_consumer",
            [
                "oarc_id": .integer(registration.id), "oarc_consumer_key": .text(registration.key),
                "oarc_name": .text(consumer.name), "oarc_user_id": .integer(consumer.owner.id),
                "oarc_version": .text("1.0"), "oarc_callback_url": .text("https://tool.example/callback"),
                "oarc_description": .text("Part of the demo state"), "oarc_email": .text("tool@wiki.example"),
                "oarc_email_authenticated": .text(time), "oarc_developer_agreement": .integer(1),
                "oarc_owner_only": .integer(consumer.ownerOnly ? 1 : 0), "oarc_wiki": .text(consumer.wiki),
                "oarc_grants": .text(Self.grants), "oarc_registration": .text(time),
                "oarc_secret_key": .text(registration.storedSecret), "oarc_rsa_key": .text(registration.rsaKey),
                "oarc_restrictions": .text("{\"IPAddresses\":[\(addresses)]}"),
                "oarc_stage": .integer(consumer.stage), "oarc_stage_timestamp": .text(time),
                "oarc_oauth_version": .integer(consumer.version),
                "oarc_oauth2_allowed_grants": .text(consumer.grantTypes),
            ])
    }

    private func insert(
        _ acceptance: DemoAcceptance, of registration: DemoRegistration, time: String
    ) throws(StoreError) {
        try insert(
            "oauth_accepted_consumer",
            [
                "oaac_id": .integer(acceptance.id), "oaac_wiki": .text("*"),
                "oaac_user_id": .integer(acceptance.user.id),
                "oaac_consumer_id": .integer(registration.id), "oaac_access_token": .text(acceptance.token),
                "oaac_access_secret": .text(acceptance.storedSecret), "oaac_grants": .text(Self.grants),
                "oaac_accepted": .text(time), "oaac_oauth_version": .integer(registration.consumer.version),
            ])
    }

    private static let grants = #"["basic","editpage"]"#
}

extension DemoDatabase {
    /// Notes an issued access token. Acceptance 0 is the client itself.
    func insertToken(_ claims: AccessTokenClaims, acceptance: Int64, revoked: Bool = false) throws(StoreError) {
        try insert(
            "oauth2_access_tokens",
            [
                "oaat_identifier": .text(claims.identifier),
                "oaat_expires": .text(CivilTime(seconds: claims.expiresAt).mediaWikiText),
                "oaat_acceptance_id": .integer(acceptance), "oaat_revoked": .integer(revoked ? 1 : 0),
            ])
    }

    /// The id of the acceptance of the consumer `key` by a user, nil when there is none.
    func acceptance(of key: String, by user: Int64) throws(StoreError) -> Int64? {
        try first(
            """
            SELECT oaac_id FROM oauth_accepted_consumer JOIN oauth_registered_consumer ON oarc_id = oaac_consumer_id
            WHERE oarc_consumer_key = ? AND oaac_user_id = ?
            """, [.text(key), .integer(user)])
    }

    /// The id of the user with this name, nil when there is none.
    func user(named name: String) throws(StoreError) -> Int64? {
        try first("SELECT user_id FROM user WHERE user_name = ?", [.text(name)])
    }

    private func first(_ sql: String, _ values: [SQLiteValue]) throws(StoreError) -> Int64? {
        let statement = try connection.prepare(sql)
        for (index, value) in values.enumerated() { statement.bind(value, at: index + 1) }
        return try statement.step() ? statement.integer(0) : nil
    }
}
