// The table of all keys, continued: database servers.

import Sessions
import Storage

extension ConfigurationSection {
    static let mariadb = ConfigurationSection(
        "store.mariadb",
        "MariaDB servers with MediaWiki's tables, in place of an SQLite file. deploy/mariadb.md says what the account must be granted.",
        servers + [
            ConfigurationKey(
                "store.mariadb.tls.ca", optional: \.mariadb.tls.authorities, .file,
                "Encrypts connections: the file with the authorities that servers' certificates are verified with, PEM, or "
                    + "system for those of this machine. Unix sockets are never encrypted.", example: "db/ca.pem"),
            ConfigurationKey(
                "store.mariadb.tls.certificate", optional: \.mariadb.tls.certificate, .file,
                "A certificate of our own, PEM, where the account requires one.", example: "db/client.pem"),
            ConfigurationKey(
                "store.mariadb.tls.key", optional: \.mariadb.tls.key, .file,
                "The key of store.mariadb.tls.certificate.", example: "db/client.key"),
            ConfigurationKey(
                "store.mariadb.tls.verify", \.mariadb.tls.verify, .boolean,
                "Whether a server's certificate must be valid and be for the host that is connected to. false encrypts without "
                    + "knowing with whom."),
            ConfigurationKey(
                "store.mariadb.connections", \.mariadb.connections, .integer(1...256),
                "Most connections to each server for lookups. One more watches it."),
            ConfigurationKey(
                "store.mariadb.connect_timeout", \.mariadb.connectTimeout, .milliseconds(1...60_000),
                "How long connecting and logging in may take."),
            ConfigurationKey(
                "store.mariadb.query_timeout", \.mariadb.queryTimeout, .milliseconds(1...60_000),
                "How long a query with its answer may take. A server that takes longer is not asked again until it "
                    + "answers."),
            ConfigurationKey(
                "store.mariadb.max_lag", \.mariadb.maxLag, Codec.seconds(1...86_400).orNone("none"),
                "How far a replica may be behind its primary; one that is further behind is not asked. A revocation counts at the "
                    + "latest after this time and cache.lifetime. none: lag is not looked at."),
            ConfigurationKey(
                "store.mariadb.heartbeat", optional: \.mariadb.heartbeat, .tableName,
                "The table that pt-heartbeat writes on the primary, with --utc: lag is read from it. Without it lag is what a "
                    + "replica says about its replication, for which the account needs the privilege REPLICA MONITOR.",
                example: "heartbeat.heartbeat"),
        ])

    private static let servers = [
        ConfigurationKey(
            "store.mariadb.replicas", \.mariadb.wiki.replicas,
            Codec.databaseAddress.list("a list of host:port or unix:/path"),
            "The servers that lookups are spread over. A single server without replicas belongs here too.",
            example: "[db1.wiki.example:3306, db2.wiki.example:3306]"),
        ConfigurationKey(
            "store.mariadb.primary", optional: \.mariadb.wiki.primary, .databaseAddress,
            "The server that the replicas follow. It is asked for what a replica does not have yet, and when no replica can be asked; "
                + "each time at most as often as store.mariadb.primary_rate says.", example: "db0.wiki.example:3306"),
        ConfigurationKey(
            "store.mariadb.primary_rate", \.mariadb.primaryRate, .integer(1...100_000),
            "Most queries to a primary in one second. One query is for up to 32 lookups."),
        ConfigurationKey(
            "store.mariadb.user", \.mariadb.wiki.user, .account, "The account to log in with.", example: "sessiongate"),
        ConfigurationKey(
            "store.mariadb.password_file", optional: \.passwordFile, .file,
            "A file with its password. One line feed at its end is left out. Without it the account has none.",
            example: "db/password"),
        ConfigurationKey(
            "store.mariadb.database", \.mariadb.wiki.database, .databaseName,
            "The database with the OAuth tables and the wiki's own ($wgDBname).", example: "wiki"),
        ConfigurationKey(
            "store.mariadb.users.replicas", \.mariadb.users.replicas,
            Codec.databaseAddress.list("a list of host:port or unix:/path"),
            "The servers with the users' tables (CentralAuth's), if they are others.",
            example: "[db3.wiki.example:3306]"),
        ConfigurationKey(
            "store.mariadb.users.primary", optional: \.mariadb.users.primary, .databaseAddress,
            "The server that these replicas follow.", example: "db4.wiki.example:3306"),
        ConfigurationKey(
            "store.mariadb.users.user", \.mariadb.users.user, .account,
            "The account there. Without it, the same account and password as above.", example: "sessiongate"),
        ConfigurationKey(
            "store.mariadb.users.password_file", optional: \.usersPasswordFile, .file,
            "A file with the password of store.mariadb.users.user.", example: "db/users-password"),
        ConfigurationKey(
            "store.mariadb.users.database", \.mariadb.users.database, .databaseName,
            "The database with the users' tables, if it is another ($wgCentralAuthDatabase). Without store.mariadb.users.replicas it "
                + "is on the same servers.", example: "centralauth"),
    ]
}
