// One database for each test, of each kind that lookups may be made in.

import Foundation
import Sessions
import Storage
import TestSupport
import Testing

/// A kind of database.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// An SQLite file.
    case sqlite
    /// MediaWiki's binary layout on MariaDB.
    case mariadb
    /// The same in UTF-8, with a collation that takes different keys for the same.
    case mariadbText

    var testDescription: String { rawValue }
    static let servers: [StoreKind] = [.mariadb, .mariadbText]
}

/// How a directory differs from the simplest.
struct StoreOptions {
    var users = UserSettings.Source.local
    /// The database with the users, when it is another.
    var usersStore: TestStore?
    /// Connect to it as to a server of its own.
    var hasUserServers = false
    var wikis: [String] = []
    var blocksDisableLogin = false
    var partialBlocksCount = false
    var tablePrefix = ""
}

/// A database that goes away with the test.
final class TestStore: RowWriter {
    let kind: StoreKind
    private let folder: TemporaryFolder?
    private let file: SQLiteConnection?
    private let server: DatabaseServer?
    private let connection: MariaDBConnection?
    let name: String

    init(
        _ kind: StoreKind, _ tables: [Tables] = [], on another: DatabaseServer? = nil, named given: String? = nil
    ) throws {
        self.kind = kind
        name = given ?? "t\(UUID().uuidString.prefix(8).lowercased())"
        if kind == .sqlite {
            let folder = try TemporaryFolder()
            (self.folder, file) = (folder, try folder.database("wiki.sqlite"))
            (server, connection) = (nil, nil)
        } else {
            let server = try another ?? DatabaseServer.shared.get()
            let layout = kind == .mariadb ? "binary" : "utf8mb4 COLLATE utf8mb4_general_ci"
            try server.run("CREATE DATABASE \(name) CHARACTER SET \(layout)")
            (self.server, connection) = (server, try server.connection(name))
            (folder, file) = (nil, nil)
            try execute("SET SESSION sql_mode = ''")
        }
        try create(tables)
    }

    deinit { try? server?.run("DROP DATABASE \(name); DROP USER IF EXISTS '\(name)'") }

    /// The name of an account without a password that has the documented rights on this database, and no others.
    func account(prefix: String = "", also users: TestStore? = nil) throws -> String {
        try execute("CREATE USER IF NOT EXISTS '\(name)'")
        for store in [self, users].compactMap(\.self) { try store.grant(to: name, prefix: prefix) }
        return name
    }

    /// Creates tables.
    func create(_ tables: [Tables]) throws {
        for table in tables {
            switch kind {
            case .sqlite: try execute(table.sqlite)
            case .mariadb: try execute(table.mariadb)
            case .mariadbText: try execute(table.mariadbText)
            }
        }
    }

    func execute(_ script: String) throws {
        try file?.execute(script)
        try connection?.run(script, timeout: .seconds(20))
    }

    func run(_ sql: String, _ values: [SQLiteValue] = []) throws {
        if let file { return try file.run(sql, values) }
        var parts = sql.split(separator: "?", omittingEmptySubsequences: false).map(String.init)
        precondition(parts.count == values.count + 1)
        for (index, value) in values.enumerated() { parts[index] += value.literal }
        try execute(parts.joined())
    }

    /// The rows of a query; none in a file.
    func query(_ sql: String) throws -> [MariaDBRow] {
        try connection?.run(sql, timeout: .seconds(20)).first?.rows ?? []
    }

    /// What is configured for this database.
    func source(_ options: StoreOptions = StoreOptions()) -> MariaDBSource {
        var source = MariaDBSource()
        source.wiki = servers
        source.users.database = options.usersStore?.name ?? ""
        if options.hasUserServers, let users = options.usersStore { source.users = users.servers }
        source.userSource = options.users
        source.wikis = options.wikis
        source.localWiki = "wiki"
        source.blocksDisableLogin = options.blocksDisableLogin
        source.partialBlocksCount = options.partialBlocksCount
        source.tablePrefix = options.tablePrefix
        // The machine may be busy with other things.
        (source.connectTimeout, source.queryTimeout) = (20_000, 20_000)
        return source
    }

    private var servers: MariaDBSource.Servers {
        var servers = MariaDBSource.Servers()
        if let server { servers.replicas = [server.address] }
        servers.user = "root"
        servers.database = name
        return servers
    }

    /// A directory of its rows.
    func directory(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> any CheckedDirectory {
        var options = StoreOptions()
        change(&options)
        guard let folder else { return try serverDirectory(options) }
        var source = SQLiteDirectory.Source(
            file: folder.file("wiki.sqlite"), usersFile: options.usersStore?.folder?.file("wiki.sqlite"),
            users: options.users)
        source.wikis = options.wikis
        source.blocksDisableLogin = options.blocksDisableLogin
        source.partialBlocksCount = options.partialBlocksCount
        source.tablePrefix = options.tablePrefix
        return try SQLiteDirectory(source)
    }
}

extension TestStore {
    private func serverDirectory(_ options: StoreOptions) throws -> MariaDBDirectory {
        var source = source(options)
        let prefix = options.tablePrefix
        if prefix.allSatisfy({ $0.isLetter || $0 == "_" }) {
            source.wiki.user = try account(prefix: prefix, also: options.hasUserServers ? nil : options.usersStore)
            if options.hasUserServers, let users = options.usersStore {
                source.users.user = try users.account(prefix: prefix)
            }
        }
        return try MariaDBDirectory(source)
    }
}

extension SQLiteValue {
    /// The value in a statement.
    fileprivate var literal: String {
        switch self {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .text(let text): "_utf8mb4 X'\(Array(text.utf8).hexadecimal)'"
        case .blob(let bytes): "X'\(bytes.hexadecimal)'"
        }
    }
}

extension [UInt8] {
    fileprivate var hexadecimal: String { map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
}
