// From a configuration to the parts that work: what `serve` and `check` have in common.

import Sessions
import Logging
import Storage
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
        guard configuration.server.dataListeners.contains(where: \.isTLS) else { return nil }
        do {
            return try TLSCredentials(configuration.server.tls, logger: logger)
        } catch {
            let place = places["tls.certificate"] ?? .file(file, line: 1)
            throw ConfigurationErrors(problems: [
                ConfigurationProblem(place: place, key: "tls", problem: error.description)
            ])
        }
    }

    /// Opens the database. `report` gets errors of later lookups, at most one a second, with the number of errors that it
    /// stands for.
    ///
    /// - Throws: When the database can't be used: the key that names it, with the reason.
    public func openDirectory(
        report: @escaping @Sendable (StoreError, Int) -> Void = { _, _ in }
    ) throws(ConfigurationErrors) -> SQLiteDirectory {
        do {
            return try SQLiteDirectory(configuration.store, report: report)
        } catch {
            let key = error.file == configuration.store.usersFile ? "store.sqlite.users_file" : "store.sqlite.file"
            let place = places[key] ?? .file(file, line: 1)
            throw ConfigurationErrors(problems: [
                ConfigurationProblem(
                    place: place, key: key, problem: "\(error)", expected: "an SQLite file with MediaWiki's tables")
            ])
        }
    }
    /// Opens the database for serving: what it lacks, and errors of later lookups, are logged.
    func openDirectory(logger: Logger) throws(ConfigurationErrors) -> SQLiteDirectory {
        let directory = try openDirectory { error, count in
            logger.error("store: \(error)", metadata: ["errors": "\(count)"])
        }
        for warning in warnings(of: directory) { logger.warning("\(warning)") }
        return directory
    }

    /// What the database lacks that does not keep it from being used, as warnings about the key that names it.
    public func warnings(of directory: SQLiteDirectory) -> [ConfigurationProblem] {
        let key = "store.sqlite.file"
        let place = places[key] ?? .file(file, line: 1)
        return directory.warnings.map { ConfigurationProblem(place: place, key: key, problem: $0) }
    }
}
