// MediaWiki's tables for both kinds of databases, shortened to what matters here. MariaDB's are those of the binary layout, as
// MediaWiki's and the extensions' schema documents describe them.

/// A group of tables.
enum Tables: CaseIterable {
    case consumers, acceptances, accessTokens, users, blocks, oldBlocks, centralUsers, attachments

    static let oauth: [Tables] = [.consumers, .acceptances, .accessTokens]

    /// The statements that create them in an SQLite file.
    var sqlite: String {
        switch self {
        case .consumers: Schema.consumers
        case .acceptances: Schema.acceptances
        case .accessTokens: Schema.accessTokens
        case .users: Schema.users
        case .blocks: Schema.blocks
        case .oldBlocks: Schema.oldBlocks
        case .centralUsers: Schema.centralUsers
        case .attachments: Schema.attachments
        }
    }

    /// The statements that create them in a MariaDB database, with texts as bytes.
    var mariadb: String {
        switch self {
        case .consumers: Self.consumersText
        case .acceptances: Self.acceptancesText
        case .accessTokens: Self.accessTokensText
        case .users: Self.usersText
        case .blocks: Self.blocksText
        case .oldBlocks: Self.oldBlocksText
        case .centralUsers: Self.centralUsersText
        case .attachments: Self.attachmentsText
        }
    }

    /// The same with texts in UTF-8, and a collation that takes capitals and small letters for the same.
    var mariadbText: String {
        mariadb.replacing("VARBINARY", with: "VARCHAR").replacing("TINYBLOB", with: "TINYTEXT")
            .replacing(" BLOB", with: " TEXT")
    }

    private static let consumersText = """
        CREATE TABLE oauth_registered_consumer (
          oarc_id INT UNSIGNED AUTO_INCREMENT NOT NULL PRIMARY KEY, oarc_consumer_key VARBINARY(32) NOT NULL,
          oarc_name VARBINARY(128) NOT NULL, oarc_user_id INT UNSIGNED NOT NULL,
          oarc_owner_only TINYINT DEFAULT 0 NOT NULL, oarc_wiki VARBINARY(32) NOT NULL, oarc_grants BLOB NOT NULL,
          oarc_secret_key VARBINARY(32) DEFAULT NULL, oarc_rsa_key BLOB DEFAULT NULL, oarc_restrictions BLOB NOT NULL,
          oarc_stage TINYINT UNSIGNED DEFAULT 0 NOT NULL, oarc_oauth_version TINYINT DEFAULT 1 NOT NULL,
          UNIQUE INDEX oarc_consumer_key (oarc_consumer_key));
        """
    private static let acceptancesText = """
        CREATE TABLE oauth_accepted_consumer (
          oaac_id INT UNSIGNED AUTO_INCREMENT NOT NULL PRIMARY KEY, oaac_wiki VARBINARY(255) NOT NULL,
          oaac_user_id INT UNSIGNED NOT NULL, oaac_consumer_id INT UNSIGNED NOT NULL,
          oaac_access_token VARBINARY(32) NOT NULL, oaac_access_secret VARBINARY(32) NOT NULL, oaac_grants BLOB NOT NULL,
          UNIQUE INDEX oaac_access_token (oaac_access_token));
        """
    private static let accessTokensText = """
        CREATE TABLE oauth2_access_tokens (
          oaat_id INT UNSIGNED AUTO_INCREMENT NOT NULL PRIMARY KEY, oaat_identifier VARBINARY(255) NOT NULL,
          oaat_expires VARBINARY(14) DEFAULT '' NOT NULL, oaat_acceptance_id INT UNSIGNED NOT NULL,
          oaat_revoked TINYINT DEFAULT 0 NOT NULL, UNIQUE INDEX oaat_identifier (oaat_identifier));
        """
    private static let usersText = """
        CREATE TABLE user (
          user_id INT UNSIGNED AUTO_INCREMENT NOT NULL PRIMARY KEY, user_name VARBINARY(255) DEFAULT '' NOT NULL,
          user_registration BINARY(14) DEFAULT NULL, user_editcount INT UNSIGNED DEFAULT NULL,
          UNIQUE INDEX user_name (user_name));
        CREATE TABLE user_groups (
          ug_user INT UNSIGNED DEFAULT 0 NOT NULL, ug_group VARBINARY(255) DEFAULT '' NOT NULL,
          ug_expiry VARBINARY(14) DEFAULT NULL, PRIMARY KEY(ug_user, ug_group));
        """
    private static let blocksText = """
        CREATE TABLE block_target (
          bt_id INT UNSIGNED AUTO_INCREMENT NOT NULL PRIMARY KEY, bt_address TINYBLOB DEFAULT NULL,
          bt_user INT UNSIGNED DEFAULT NULL, INDEX bt_user (bt_user));
        CREATE TABLE block (
          bl_id INT UNSIGNED AUTO_INCREMENT NOT NULL PRIMARY KEY, bl_target INT UNSIGNED NOT NULL,
          bl_expiry VARBINARY(14) NOT NULL, bl_sitewide TINYINT(1) DEFAULT 1 NOT NULL, INDEX bl_target (bl_target));
        """
    private static let oldBlocksText = """
        CREATE TABLE ipblocks (
          ipb_id INT UNSIGNED AUTO_INCREMENT NOT NULL PRIMARY KEY, ipb_address TINYBLOB NOT NULL,
          ipb_user INT UNSIGNED DEFAULT 0 NOT NULL, ipb_expiry VARBINARY(14) NOT NULL,
          ipb_sitewide TINYINT(1) DEFAULT 1 NOT NULL, INDEX ipb_user (ipb_user));
        """
    private static let centralUsersText = """
        CREATE TABLE globaluser (
          gu_id INT AUTO_INCREMENT NOT NULL PRIMARY KEY, gu_name VARBINARY(255) DEFAULT NULL,
          gu_locked TINYINT DEFAULT 0 NOT NULL, gu_registration VARBINARY(14) DEFAULT NULL,
          UNIQUE INDEX gu_name (gu_name));
        CREATE TABLE global_user_groups (
          gug_user INT NOT NULL, gug_group VARBINARY(255) NOT NULL, gug_expiry VARBINARY(14) DEFAULT NULL,
          PRIMARY KEY(gug_user, gug_group));
        CREATE TABLE global_edit_count (gec_user INT NOT NULL PRIMARY KEY, gec_count INT UNSIGNED NOT NULL);
        """
    private static let attachmentsText = """
        CREATE TABLE localuser (
          lu_wiki VARBINARY(255) NOT NULL, lu_name VARBINARY(255) NOT NULL, PRIMARY KEY(lu_wiki, lu_name),
          INDEX lu_name_wiki (lu_name, lu_wiki));
        """
}
