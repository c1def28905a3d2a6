// From a configuration to the parts that work: what `serve` and `check` have in common.

import Logging
import Provenance
import Redis
import Sessions
import Storage
import Telemetry
import Transport

extension LoadedConfiguration {
    /// The policy that the configuration says.
    public func makePolicy() -> Policy {
        let keys = KeyRing(
            accessTokenKeys: keys.accessToken, signer: keys.cookie, signerID: configuration.settings.cookie.keyID,
            alsoPublished: keys.published)
        return Policy(settings: configuration.settings, keys: keys)
    }

    /// Certificate and key, when a listener speaks TLS. The files were there when the configuration was read; that they are not
    /// now is a mistake in it all the same.
    func openTLS(logger: Logger) throws(ConfigurationErrors) -> TLSCredentials? {
        guard configuration.server.usesTLS else { return nil }
        do {
            return try TLSCredentials(configuration.server.tls, logger: logger)
        } catch {
            let place = places["tls.certificate"] ?? .file(file, line: 1)
            throw ConfigurationErrors(problems: [
                ConfigurationProblem(place: place, key: "tls", problem: error.description)
            ])
        }
    }

    /// Where decisions are recorded.
    /// - Throws: When the decision log's file can't be opened.
    func openRecords(logger: Logger) throws(ConfigurationErrors) -> DecisionRecords {
        var records = DecisionRecords()
        records.log = try openDecisionLog(logger: logger)
        let capacity = configuration.decisions.keepRefused
        if capacity > 0 { records.kept = KeptRefusals(capacity: capacity) }
        // More are counted than shown: what comes late may grow large.
        if configuration.topConsumers > 0 {
            records.consumers = ConsumerTally(capacity: 4 * configuration.topConsumers)
        }
        return records
    }

    private func openDecisionLog(logger: Logger) throws(ConfigurationErrors) -> DecisionLog? {
        guard configuration.decisions.file != nil else { return nil }
        do {
            return try DecisionLog(configuration.decisions, version: Version.current, logger: logger)
        } catch {
            throw ConfigurationErrors(problems: [problem(of: error)])
        }
    }

    /// This instance's part in a farm; nil without Redis. Nothing is connected yet. The files of TLS were there when the
    /// configuration was read; that they are not now is a mistake in it all the same.
    func openRedis(logger: Logger) throws(ConfigurationErrors) -> RedisFarm? {
        guard let url = configuration.redis.url else { return nil }
        do {
            return try RedisFarm(configuration.redis, at: url, configuration.settings.oauth1, logger: logger)
        } catch {
            let place = places["nonces.redis.url"] ?? .file(file, line: 1)
            throw ConfigurationErrors(problems: [
                ConfigurationProblem(place: place, key: "nonces.redis.tls", problem: error.description)
            ])
        }
    }

    /// Opens the database.
    ///
    /// - Parameters:
    ///   - toleratesOutage: Whether to begin without a server that answers. A file must always be there.
    ///   - report: Gets errors of later lookups, at most one a second, with the number of errors that it stands for.
    ///   - observe: Gets changes of servers.
    /// - Throws: When the database can't be used: the key that names it, with the reason.
    public func openDirectory(
        toleratesOutage: Bool = false, report: @escaping @Sendable (StoreError, Int) -> Void = { _, _ in },
        observe: @escaping MariaDBDirectory.Observer = { _ in }
    ) throws(ConfigurationErrors) -> any CheckedDirectory {
        do throws(StoreError) {
            guard configuration.mariadb.isConfigured else {
                return try SQLiteDirectory(configuration.store, report: report)
            }
            return try MariaDBDirectory(
                configuration.mariadb, toleratesOutage: toleratesOutage, report: report, observe: observe)
        } catch {
            let (key, expected) = key(of: error)
            let problem = ConfigurationProblem(
                place: places[key] ?? .file(file, line: 1), key: key, problem: "\(error)", expected: expected)
            throw ConfigurationErrors(problems: [problem])
        }
    }

    /// Opens the database for serving: what it lacks, outages and changes of servers are logged.
    func openDirectory(
        toleratesOutage: Bool = false, logger: Logger, _ outages: OutageLog
    ) throws(ConfigurationErrors) -> any CheckedDirectory {
        let directory = try openDirectory(toleratesOutage: toleratesOutage) { error, _ in
            outages.error("\(error)")
        } observe: { change in
            logger.log(level: change.level, "store: \(change.text)")
        }
        for warning in warnings(of: directory) { logger.warning("\(warning)") }
        return directory
    }

    /// The key that names what an error is about, and what is expected of it.
    private func key(of error: StoreError) -> (key: String, expected: String) {
        guard configuration.mariadb.isConfigured else {
            let isUsers = error.file != nil && error.file == configuration.store.usersFile
            return (isUsers ? "store.sqlite.users_file" : "store.sqlite.file", "an SQLite file with MediaWiki's tables")
        }
        let servers = configuration.mariadb
        func has(_ servers: MariaDBSource.Servers, _ address: String?) -> (replica: Bool, primary: Bool) {
            (servers.replicas.contains { $0.text == address }, servers.primary?.text == address)
        }
        let (wiki, users) = (has(servers.wiki, error.server), has(servers.users, error.server))
        let isUsers = !wiki.replica && !wiki.primary && (users.replica || users.primary)
        let isPrimary = isUsers ? !users.replica : wiki.primary && !wiki.replica
        return (
            "store.mariadb.\(isUsers ? "users." : "")\(isPrimary ? "primary" : "replicas")",
            "a MariaDB server with MediaWiki's tables that the account may read"
        )
    }

    /// What the database lacks that does not keep it from being used, as warnings about the key that names it.
    public func warnings(of directory: any CheckedDirectory) -> [ConfigurationProblem] {
        let key = configuration.mariadb.isConfigured ? "store.mariadb.database" : "store.sqlite.file"
        let place = places[key] ?? .file(file, line: 1)
        return directory.warnings.map { ConfigurationProblem(place: place, key: key, problem: $0) }
    }
}
