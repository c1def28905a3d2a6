// Database servers: their keys' grammars, and what must hold of several keys.

import Bytes
import Sessions
import Storage
import Transport

extension Codec where Value == DatabaseAddress {
    /// The address of a database server.
    static var databaseAddress: Codec {
        scalar(
            "host:port, such as db1.wiki.example:3306 or [fd00::1]:3306, or unix:/path",
            { text in
                // The address stands in log lines and metrics as it is.
                guard text.utf8.allSatisfy({ ASCII.isVisible($0) && !"\"\\".utf8.contains($0) }) else { return nil }
                switch ListenerAddress(parsing: text) {
                case .tcp(let host, let port)?: return port > 0 && !host.isEmpty ? .tcp(host: host, port: port) : nil
                case .unix(let path)?: return .unix(path: path)
                case nil: return nil
                }
            }, format: \.text)
    }
}

extension Codec where Value == String {
    /// The name of an account.
    static var account: Codec { text("the name of an account", limit: 128) { $0 >= 0x20 && $0 != 0x7F } }

    /// The name of a database.
    static var databaseName: Codec {
        text("the name of a database: letters, digits, _, $ and -", limit: 64, bytes: isIdentifier)
    }

    /// A table with its database.
    static var tableName: Codec {
        text(
            "database.table, such as heartbeat.heartbeat", limit: 129,
            where: { text in
                let parts = text.split(separator: ".", omittingEmptySubsequences: false)
                return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isIdentifier) }
            }
        ) { _ in true }
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool { ASCII.isAlphanumeric(byte) || "_$-".utf8.contains(byte) }
}

extension Reading {
    /// Requires one database, and all that a connection to it needs. Passwords are read.
    mutating func checkDatabase() {
        let (file, servers) = (configuration.store.file, configuration.mariadb)
        guard servers.isConfigured || isGiven("store.mariadb") else {
            if file.isEmpty {
                add(
                    "store.sqlite.file", "missing",
                    expected: "a file name, absolute or relative to the configuration's directory, or store.mariadb")
            }
            return
        }
        if let key = given.values.keys.sorted().first(where: { $0.hasPrefix("store.sqlite.") }) {
            add(key, "given beside store.mariadb", expected: "one of store.sqlite and store.mariadb")
        }
        for (key, isMissing) in [
            ("replicas", servers.wiki.replicas.isEmpty), ("user", servers.wiki.user.isEmpty),
            ("database", servers.wiki.database.isEmpty),
        ] where isMissing && !isMentioned("store.mariadb.\(key)") { addMissing("store.mariadb.\(key)") }
        checkUserServers()
        checkEncryption()
        for key in ["replicas", "users.replicas"] { checkDistinct("store.mariadb.\(key)") }
        configuration.mariadb.wiki.password = password(configuration.passwordFile, for: "store.mariadb.password_file")
        configuration.mariadb.users.password = password(
            configuration.usersPasswordFile, for: "store.mariadb.users.password_file")
    }

    private func isGiven(_ section: String) -> Bool { given.values.keys.contains { $0.hasPrefix(section + ".") } }

    /// A value that was not understood has been reported already.
    private func isMentioned(_ key: String) -> Bool { given.values[key] != nil }

    private mutating func addMissing(_ path: String) {
        let key = ConfigurationSection.mariadb.keys.first { $0.path == path }
        add(path, "missing", expected: key?.expectation)
    }

    private mutating func checkUserServers() {
        let servers = configuration.mariadb.users
        if servers.replicas.isEmpty {
            for key in ["primary", "user", "password_file"] where isMentioned("store.mariadb.users.\(key)") {
                add(
                    "store.mariadb.users.\(key)", "given without store.mariadb.users.replicas",
                    expected: "both, or neither")
            }
        }
        if configuration.usersPasswordFile != nil, servers.user.isEmpty {
            add(
                "store.mariadb.users.password_file", "given without store.mariadb.users.user",
                expected: "both, or neither")
        }
    }

    private mutating func checkEncryption() {
        let tls = configuration.mariadb.tls
        if (tls.certificate == nil) != (tls.key == nil) {
            let (given, missing) = tls.key == nil ? ("certificate", "key") : ("key", "certificate")
            let problem = "given without store.mariadb.tls.\(missing)"
            add("store.mariadb.tls.\(given)", problem, expected: "both, or neither")
        }
        if tls.certificate != nil, tls.authorities == nil, tls.verify {
            add(
                "store.mariadb.tls.certificate", "given without store.mariadb.tls.ca",
                expected: "store.mariadb.tls.ca, with which the server's certificate is verified")
        }
        if !tls.verify {
            warn(
                "store.mariadb.tls.verify", "false, so that any host in between can pass for the database",
                expected: "true, and store.mariadb.tls.ca")
        }
        for (key, file) in [("ca", tls.authorities), ("certificate", tls.certificate), ("key", tls.key)] {
            guard let file, file != "system" else { continue }
            _ = read(file, for: "store.mariadb.tls.\(key)", secret: key == "key")
        }
        warnOfPlainConnections()
    }

    private mutating func warnOfPlainConnections() {
        let servers = configuration.mariadb
        let addresses = servers.wiki.replicas + servers.users.replicas
        let isOpen = addresses.contains { address in
            guard case .tcp(let host, _) = address else { return false }
            return !["localhost", "127.0.0.1", "::1"].contains(host)
        }
        guard isOpen, !servers.tls.isEnabled else { return }
        warn(
            "store.mariadb.tls.ca", "missing, so that rows with secrets cross the network as they are",
            expected: "the authority of the servers' certificates, unless the network is trusted")
    }

    private mutating func checkDistinct(_ key: String) {
        let servers = configuration.mariadb
        let addresses = (key == "store.mariadb.replicas" ? servers.wiki : servers.users).replicas
        var seen: Set<DatabaseAddress> = []
        for address in addresses where !seen.insert(address).inserted {
            add(key, "\(address.text) is given twice", expected: "each server once")
        }
    }

    private mutating func password(_ file: String?, for key: String) -> String {
        guard let file, let secret = readSecret(file, for: key) else { return "" }
        guard !secret.contains(0), let text = String(validating: secret, as: UTF8.self) else {
            add(key, "\(file): it is not a text", expected: "a password")
            return ""
        }
        return text
    }
}
