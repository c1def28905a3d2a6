// What a configuration says of database servers, and which mistakes in it are told.

import Foundation
import Service
import Storage
import Testing

@Suite struct DatabaseConfigurationTests {
    private static let rest = "cookie: {for_oauth1: false, for_owner_only: false}\n"
    private static let server = "replicas: ['db1:3306'], user: gate, database: wiki"

    private func load(
        _ store: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) throws -> LoadedConfiguration {
        let directory = try ScratchDirectory()
        for (name, contents) in files { try directory.write(name, contents) }
        try directory.write("c.yaml", "store: {\(store)}\n" + Self.rest)
        return try LoadedConfiguration(file: directory.file("c.yaml"), environment: environment)
    }

    private func problems(_ store: String, files: [String: String] = [:]) -> [String] {
        do {
            _ = try load(store, files: files)
            return []
        } catch let errors as ConfigurationErrors {
            return errors.problems.map { "\($0)".replacing(/\/[^ :]*\/sessiongate-[-0-9A-F]*\//, with: "") }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func allKeys() throws {
        let loaded = try load(
            """
            table_prefix: mw_, mariadb: {replicas: ['db1:3306', '[fd00::1]:3307', unix:/run/db.sock], primary: 'db0:3306',
              primary_rate: 7, user: gate, password_file: password, database: wiki,
              users: {replicas: ['db3:3306'], primary: 'db4:3306', user: other, password_file: second, database: central},
              tls: {ca: ca.pem, certificate: c.pem, key: c.key, verify: true}, connections: 9, connect_timeout: 250ms,
              query_timeout: 2s, max_lag: 30s, heartbeat: heartbeat.heartbeat}
            """, files: ["password": "s3cr3t\n", "second": "0ther", "ca.pem": "x", "c.pem": "x", "c.key": "x"])
        let source = loaded.configuration.mariadb
        #expect(source.wiki.replicas.map(\.text) == ["db1:3306", "[fd00::1]:3307", "unix:/run/db.sock"])
        #expect(source.wiki.primary?.text == "db0:3306" && source.primaryRate == 7)
        #expect((source.wiki.user, source.wiki.password, source.wiki.database) == ("gate", "s3cr3t", "wiki"))
        #expect(source.users.replicas.map(\.text) == ["db3:3306"] && source.users.primary?.text == "db4:3306")
        #expect((source.users.user, source.users.password, source.users.database) == ("other", "0ther", "central"))
        #expect(source.tls.authorities?.hasSuffix("/ca.pem") == true && source.tls.isEnabled)
        #expect((source.connections, source.connectTimeout, source.queryTimeout) == (9, 250, 2000))
        #expect(source.maxLag == 30 && source.heartbeat == "heartbeat.heartbeat" && source.tablePrefix == "mw_")
        #expect(!"\(loaded.listing)".contains("s3cr3t") && !"\(loaded.warnings)".contains("s3cr3t"))
    }

    @Test func defaults() throws {
        let source = try load("mariadb: {\(Self.server), max_lag: none}").configuration.mariadb
        #expect(source.maxLag == nil && source.wiki.primary == nil && source.heartbeat == nil && !source.hasUserServers)
        #expect(source.users.database == "wiki" && source.users.user == "gate" && source.wikis == ["wiki"])
        #expect(try load("mariadb: {\(Self.server)}").configuration.mariadb.maxLag == 10)
        let other = try load("mariadb: {\(Self.server), users: {database: centralauth}}").configuration.mariadb
        #expect(other.users.database == "centralauth" && !other.hasUserServers)
    }

    @Test func anEnvironmentAlone() throws {
        let loaded = try load(
            "",
            environment: [
                "SESSIONGATE_STORE_MARIADB_REPLICAS": "db1:3306,db2:3306", "SESSIONGATE_STORE_MARIADB_USER": "gate",
                "SESSIONGATE_STORE_MARIADB_DATABASE": "wiki", "SESSIONGATE_STORE_MARIADB_USERS_DATABASE": "central",
            ])
        #expect(loaded.configuration.mariadb.wiki.replicas.count == 2)
        #expect(loaded.configuration.mariadb.users.database == "central")
    }

    @Test func exactlyOneDatabase() {
        #expect(
            problems("sqlite: {file: oauth.sqlite}, mariadb: {\(Self.server)}", files: ["oauth.sqlite": ""]) == [
                "c.yaml:1: store.sqlite.file: given beside store.mariadb; expected one of store.sqlite and store.mariadb"
            ])
        #expect(
            problems("") == [
                "c.yaml:1: store.sqlite.file: missing; expected a file name, absolute or relative to the configuration's "
                    + "directory, or store.mariadb"
            ])
    }

    @Test func whatIsMissingIsTold() {
        #expect(
            problems("mariadb: {primary: 'db0:3306'}") == [
                "c.yaml:1: store.mariadb.replicas: missing; expected a list of host:port or unix:/path",
                "c.yaml:1: store.mariadb.user: missing; expected the name of an account",
                "c.yaml:1: store.mariadb.database: missing; expected the name of a database: letters, digits, _, $ and -",
            ])
    }

    @Test(arguments: [
        ("replicas: [db1]", "replicas"), ("replicas: ['db1:0']", "replicas"), ("replicas: ['unix:db']", "replicas"),
        ("replicas: ['db1:3306', 'db1:3306']", "replicas"), ("database: 'a`b'", "database"), ("user: ''", "user"),
        ("heartbeat: heartbeat", "heartbeat"), ("heartbeat: 'a.b.c'", "heartbeat"), ("heartbeat: 'a.b`'", "heartbeat"),
        ("connections: 0", "connections"), ("query_timeout: 0", "query_timeout"), ("max_lag: 0", "max_lag"),
        ("primary: 'db0'", "primary"), ("tls: {ca: absent.pem}", "tls.ca"), ("password_file: absent", "password_file"),
        ("password_file: empty", "password_file"), ("tls: {ca: ca.pem, key: k.key}", "tls.key"),
        ("tls: {certificate: k.key, key: k.key}", "tls.certificate"), ("users: {primary: 'db4:3306'}", "users.primary"),
        ("users: {user: other}", "users.user"), ("users: {password_file: k.key}", "users.password_file"),
    ])
    func mistakes(text: String, key: String) {
        let name = String(text.prefix { $0 != ":" })
        let given = Self.server.split(separator: ", ").filter { !$0.hasPrefix("\(name):") }.joined(separator: ", ")
        let found = problems("mariadb: {\(given), \(text)}", files: ["ca.pem": "x", "k.key": "x", "empty": ""])
        #expect(!found.isEmpty && found.allSatisfy { $0.hasPrefix("c.yaml:1: store.mariadb.\(key): ") }, "\(found)")
        #expect(found.allSatisfy { $0.contains("; expected ") }, "\(found)")
    }

    @Test func risks() throws {
        func warned(_ text: String) throws -> [String] {
            try load("mariadb: {\(text)}", files: ["ca.pem": "x"]).warnings.map(\.key).filter { $0.hasPrefix("store.") }
        }
        #expect(try warned(Self.server) == ["store.mariadb.tls.ca"])
        #expect(try warned(Self.server + ", tls: {ca: ca.pem}") == [])
        #expect(try warned(Self.server + ", tls: {verify: false}") == ["store.mariadb.tls.verify"])
        #expect(try warned("replicas: ['unix:/run/db.sock', '127.0.0.1:3306'], user: gate, database: wiki") == [])
    }

    /// A server that does not answer is a problem of the key that names it.
    @Test func aServerThatIsNotThere() throws {
        let loaded = try load("mariadb: {replicas: ['unix:/nowhere/db.sock'], user: gate, database: wiki}")
        let error = #expect(throws: ConfigurationErrors.self) { try loaded.openDirectory() }
        #expect(error?.problems.count == 1 && error?.problems.first?.key == "store.mariadb.replicas")
        #expect("\(error as Any)".contains("unix:/nowhere/db.sock"))
        #expect(throws: Never.self) { try loaded.openDirectory(toleratesOutage: true) }
    }
}
