// Databases for these tests, made where they run.

import Sessions
import Foundation
import Storage
import Testing

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("stores-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// A database filled by `script`.
    @discardableResult
    func database(_ name: String = "wiki.sqlite", _ script: String...) throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: file(name), access: .create)
        try connection.execute("PRAGMA synchronous = OFF")
        for part in script { try connection.execute(part) }
        return connection
    }
}

/// The clock of these tests: 2026-03-01T12:00:00Z.
let now = Timestamp(seconds: 1_772_366_400)

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension StoreError.Kind {
    static let noSuchFile = StoreError.Kind.unavailable("there is no such file")
    static let notAFile = StoreError.Kind.unavailable("not a plain file: expected an SQLite database")
    static let notADatabase = StoreError.Kind.unavailable("not an SQLite database")
}

/// Single records of a lookup.
extension Directory {
    func consumer(key: String) throws -> Consumer? { try consumer(key: bytes(key)) }

    func consumer(key: [UInt8]) throws -> Consumer? { try oauth1(consumerKey: key, token: [], at: now).consumer }

    func acceptance(token: [UInt8], of key: [UInt8]) throws -> Acceptance? {
        try oauth1(consumerKey: key, token: token, at: now).acceptance
    }

    func accessToken(identifier: [UInt8]) throws -> AccessTokenRow? {
        try oauth2(tokenID: identifier, clientID: [], subject: nil, at: now).token
    }
}

/// Tables as MediaWiki and its extensions create them on SQLite, shortened to what matters here.
enum Schema {
    static let consumers = """
        CREATE TABLE oauth_registered_consumer (
          oarc_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, oarc_consumer_key BLOB NOT NULL, oarc_name BLOB NOT NULL,
          oarc_user_id INTEGER UNSIGNED NOT NULL, oarc_owner_only SMALLINT DEFAULT 0 NOT NULL, oarc_wiki BLOB NOT NULL,
          oarc_grants BLOB NOT NULL, oarc_secret_key BLOB DEFAULT NULL, oarc_rsa_key BLOB DEFAULT NULL,
          oarc_restrictions BLOB NOT NULL, oarc_stage SMALLINT UNSIGNED DEFAULT 0 NOT NULL,
          oarc_oauth_version SMALLINT DEFAULT 1 NOT NULL);
        CREATE UNIQUE INDEX oarc_consumer_key ON oauth_registered_consumer (oarc_consumer_key);
        """
    static let acceptances = """
        CREATE TABLE oauth_accepted_consumer (
          oaac_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, oaac_wiki BLOB NOT NULL,
          oaac_user_id INTEGER UNSIGNED NOT NULL, oaac_consumer_id INTEGER UNSIGNED NOT NULL,
          oaac_access_token BLOB NOT NULL, oaac_access_secret BLOB NOT NULL, oaac_grants BLOB NOT NULL);
        CREATE UNIQUE INDEX oaac_access_token ON oauth_accepted_consumer (oaac_access_token);
        """
    static let accessTokens = """
        CREATE TABLE oauth2_access_tokens (
          oaat_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, oaat_identifier VARCHAR(255) NOT NULL,
          oaat_expires BLOB NOT NULL DEFAULT '', oaat_acceptance_id INTEGER UNSIGNED NOT NULL,
          oaat_revoked SMALLINT DEFAULT 0 NOT NULL);
        CREATE UNIQUE INDEX oaat_identifier ON oauth2_access_tokens (oaat_identifier);
        """
    static let users = """
        CREATE TABLE user (
          user_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, user_name BLOB DEFAULT '' NOT NULL,
          user_registration BLOB DEFAULT NULL, user_editcount INTEGER UNSIGNED DEFAULT NULL);
        CREATE UNIQUE INDEX user_name ON user (user_name);
        CREATE TABLE user_groups (
          ug_user INTEGER UNSIGNED DEFAULT 0 NOT NULL, ug_group BLOB DEFAULT '' NOT NULL, ug_expiry BLOB DEFAULT NULL,
          PRIMARY KEY(ug_user, ug_group));
        """
    static let blocks = """
        CREATE TABLE block_target (
          bt_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, bt_address BLOB DEFAULT NULL,
          bt_user INTEGER UNSIGNED DEFAULT NULL);
        CREATE INDEX bt_user ON block_target (bt_user);
        CREATE TABLE block (
          bl_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, bl_target INTEGER UNSIGNED NOT NULL, bl_expiry BLOB NOT NULL,
          bl_sitewide SMALLINT DEFAULT 1 NOT NULL);
        CREATE INDEX bl_target ON block (bl_target);
        """
    static let oldBlocks = """
        CREATE TABLE ipblocks (
          ipb_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, ipb_address BLOB NOT NULL,
          ipb_user INTEGER UNSIGNED DEFAULT 0 NOT NULL, ipb_expiry BLOB NOT NULL, ipb_sitewide SMALLINT DEFAULT 1 NOT NULL);
        CREATE INDEX ipb_user ON ipblocks (ipb_user);
        """
    static let centralUsers = """
        CREATE TABLE globaluser (
          gu_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, gu_name BLOB DEFAULT NULL, gu_locked SMALLINT DEFAULT 0 NOT NULL,
          gu_registration BLOB DEFAULT NULL);
        CREATE TABLE global_user_groups (
          gug_user INTEGER NOT NULL, gug_group BLOB NOT NULL, gug_expiry BLOB DEFAULT NULL, PRIMARY KEY(gug_user, gug_group));
        CREATE TABLE global_edit_count (gec_user INTEGER PRIMARY KEY NOT NULL, gec_count INTEGER UNSIGNED NOT NULL);
        """
    static let attachments = "CREATE TABLE localuser (lu_wiki BLOB NOT NULL, lu_name BLOB NOT NULL);"
    static let oauth = consumers + acceptances + accessTokens
}

/// What rows can be written to.
protocol RowWriter {
    func run(_ sql: String, _ values: [SQLiteValue]) throws
}

extension SQLiteConnection: RowWriter {}

extension RowWriter {
    func addConsumer(
        id: Int64, key: SQLiteValue, stage: Int64 = 1, rsaKey: SQLiteValue = .null,
        secret: SQLiteValue = .text("secret")
    ) throws {
        try run(
            """
            INSERT INTO oauth_registered_consumer (oarc_id, oarc_consumer_key, oarc_name, oarc_user_id, oarc_owner_only,
              oarc_wiki, oarc_grants, oarc_secret_key, oarc_rsa_key, oarc_restrictions, oarc_stage, oarc_oauth_version)
            VALUES (?, ?, 'Tool', 7, 1, '*', '["basic"]', ?, ?, '{}', ?, 2)
            """, [.integer(id), key, secret, rsaKey, .integer(stage)])
    }

    func addAcceptance(id: Int64, token: SQLiteValue, user: Int64 = 7) throws {
        try run(
            """
            INSERT INTO oauth_accepted_consumer (oaac_id, oaac_wiki, oaac_user_id, oaac_consumer_id, oaac_access_token,
              oaac_access_secret, oaac_grants)
            VALUES (?, 'enwiki', ?, 1, ?, 'token secret', '["basic","editpage"]')
            """, [.integer(id), .integer(user), token])
    }

    func addAccessToken(_ identifier: SQLiteValue, acceptance: Int64, revoked: Bool = false) throws {
        try run(
            "INSERT INTO oauth2_access_tokens (oaat_identifier, oaat_acceptance_id, oaat_revoked) VALUES (?, ?, ?)",
            [identifier, .integer(acceptance), .integer(revoked ? 1 : 0)])
    }

    func addUser(_ id: Int64, _ name: String, registration: SQLiteValue = .null, edits: SQLiteValue = .null) throws {
        try run("INSERT INTO user VALUES (?, ?, ?, ?)", [.integer(id), .text(name), registration, edits])
    }
}
