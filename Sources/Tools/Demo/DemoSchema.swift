// MediaWiki's tables, as far as verdicts depend on them: the OAuth extension's three in full, core's and CentralAuth's with
// the columns that are read.

enum DemoSchema {
    static let sql = """
        CREATE TABLE oauth_registered_consumer (
          oarc_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
          oarc_consumer_key BLOB NOT NULL, oarc_name BLOB NOT NULL, oarc_user_id INTEGER UNSIGNED NOT NULL,
          oarc_version BLOB NOT NULL, oarc_callback_url BLOB NOT NULL, oarc_callback_is_prefix BLOB DEFAULT NULL,
          oarc_description BLOB NOT NULL, oarc_email BLOB NOT NULL, oarc_email_authenticated BLOB DEFAULT NULL,
          oarc_developer_agreement SMALLINT DEFAULT 0 NOT NULL, oarc_owner_only SMALLINT DEFAULT 0 NOT NULL,
          oarc_wiki BLOB NOT NULL, oarc_grants BLOB NOT NULL, oarc_registration BLOB NOT NULL,
          oarc_secret_key BLOB DEFAULT NULL, oarc_rsa_key BLOB DEFAULT NULL, oarc_restrictions BLOB NOT NULL,
          oarc_stage SMALLINT UNSIGNED DEFAULT 0 NOT NULL, oarc_stage_timestamp BLOB NOT NULL,
          oarc_deleted SMALLINT UNSIGNED DEFAULT 0 NOT NULL, oarc_oauth_version SMALLINT DEFAULT 1 NOT NULL,
          oarc_oauth2_allowed_grants BLOB DEFAULT NULL, oarc_oauth2_is_confidential SMALLINT DEFAULT 1 NOT NULL
        );
        CREATE UNIQUE INDEX oarc_consumer_key ON oauth_registered_consumer (oarc_consumer_key);
        CREATE UNIQUE INDEX oarc_name_version_user ON oauth_registered_consumer (oarc_name, oarc_user_id, oarc_version);
        CREATE INDEX oarc_user_id ON oauth_registered_consumer (oarc_user_id);
        CREATE INDEX oarc_stage_timestamp ON oauth_registered_consumer (oarc_stage, oarc_stage_timestamp);

        CREATE TABLE oauth_accepted_consumer (
          oaac_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
          oaac_wiki BLOB NOT NULL, oaac_user_id INTEGER UNSIGNED NOT NULL,
          oaac_consumer_id INTEGER UNSIGNED NOT NULL, oaac_access_token BLOB NOT NULL, oaac_access_secret BLOB NOT NULL,
          oaac_grants BLOB NOT NULL, oaac_accepted BLOB NOT NULL, oaac_oauth_version SMALLINT DEFAULT 1 NOT NULL
        );
        CREATE UNIQUE INDEX oaac_access_token ON oauth_accepted_consumer (oaac_access_token);
        CREATE UNIQUE INDEX oaac_user_consumer_wiki ON oauth_accepted_consumer (
          oaac_user_id, oaac_consumer_id, oaac_wiki
        );
        CREATE INDEX oaac_consumer_user ON oauth_accepted_consumer (oaac_consumer_id, oaac_user_id);
        CREATE INDEX oaac_user_id ON oauth_accepted_consumer (oaac_user_id, oaac_id);

        CREATE TABLE oauth2_access_tokens (
          oaat_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
          oaat_identifier VARCHAR(255) NOT NULL, oaat_expires BLOB NOT NULL,
          oaat_acceptance_id INTEGER UNSIGNED NOT NULL, oaat_revoked SMALLINT DEFAULT 0 NOT NULL
        );
        CREATE UNIQUE INDEX oaat_identifier ON oauth2_access_tokens (oaat_identifier);
        CREATE INDEX oaat_acceptance_id ON oauth2_access_tokens (oaat_acceptance_id);

        CREATE TABLE user (
          user_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, user_name BLOB DEFAULT '' NOT NULL,
          user_registration BLOB DEFAULT NULL, user_editcount INTEGER UNSIGNED DEFAULT NULL
        );
        CREATE UNIQUE INDEX user_name ON user (user_name);
        CREATE TABLE user_groups (
          ug_user INTEGER UNSIGNED DEFAULT 0 NOT NULL, ug_group BLOB DEFAULT '' NOT NULL,
          ug_expiry BLOB DEFAULT NULL, PRIMARY KEY (ug_user, ug_group)
        );
        CREATE TABLE block_target (
          bt_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, bt_address BLOB DEFAULT NULL,
          bt_user INTEGER UNSIGNED DEFAULT NULL, bt_count INTEGER DEFAULT 0 NOT NULL
        );
        CREATE INDEX bt_user ON block_target (bt_user);
        CREATE TABLE block (
          bl_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, bl_target INTEGER UNSIGNED NOT NULL,
          bl_timestamp BLOB NOT NULL, bl_expiry BLOB NOT NULL, bl_sitewide SMALLINT DEFAULT 1 NOT NULL
        );
        CREATE INDEX bl_target ON block (bl_target);

        CREATE TABLE globaluser (
          gu_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, gu_name VARCHAR(255) DEFAULT NULL,
          gu_locked SMALLINT DEFAULT 0 NOT NULL, gu_registration BLOB DEFAULT NULL
        );
        CREATE UNIQUE INDEX gu_name ON globaluser (gu_name);
        CREATE TABLE global_user_groups (
          gug_user INTEGER NOT NULL, gug_group VARCHAR(255) NOT NULL, gug_expiry BLOB DEFAULT NULL,
          PRIMARY KEY (gug_user, gug_group)
        );
        CREATE TABLE global_edit_count (gec_user INTEGER PRIMARY KEY NOT NULL, gec_count INTEGER NOT NULL);
        CREATE TABLE localuser (
          lu_wiki VARCHAR(255) NOT NULL, lu_name VARCHAR(255) NOT NULL, PRIMARY KEY (lu_wiki, lu_name)
        );
        CREATE INDEX lu_name_wiki ON localuser (lu_name, lu_wiki);
        """
}
