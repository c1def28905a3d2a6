// Servers as they fail: gone, hanging, full, behind, closed to the account. Each server here is the test's own.

import Sessions
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

/// The same database on several servers, with rows that tell them apart.
private struct Farm {
    let servers: [DatabaseServer]
    let stores: [TestStore]
    let changes = Changes()

    final class Changes: Sendable {
        let all = Mutex<[MariaDBDirectory.Change]>([])
        let errors = Mutex<[StoreError]>([])
        var failures: [StoreError] { errors.withLock { $0 } }
        var texts: [String] { all.withLock { $0.map { "\($0)" } } }
    }

    /// Users are named after their server: "Server 0" and so on.
    init(_ count: Int) throws {
        servers = try (0..<count).map { _ in try DatabaseServer() }
        stores = try servers.enumerated().map { index, server in
            let store = try TestStore(.mariadb, Tables.oauth + [.users], on: server, named: "wiki")
            try store.addUser(7, "Server \(index)")
            return store
        }
    }

    func source(primary: Int? = nil) -> MariaDBSource {
        var source = stores[0].source()
        source.wiki.replicas = servers.indices.filter { $0 != primary }.map { servers[$0].address }
        source.wiki.primary = primary.map { servers[$0].address }
        (source.connectTimeout, source.queryTimeout) = (1000, 1000)
        return source
    }

    func directory(
        primary: Int? = nil, toleratesOutage: Bool = false, _ change: (inout MariaDBSource) -> Void = { _ in }
    ) throws -> MariaDBDirectory {
        var source = source(primary: primary)
        change(&source)
        return try MariaDBDirectory(source, toleratesOutage: toleratesOutage) { [changes] error, _ in
            changes.errors.withLock { $0.append(error) }
        } observe: { [changes] change in
            changes.all.withLock { $0.append(change) }
        }
    }
}

extension Directory {
    fileprivate func name() throws -> String? { try user(id: 7, at: now)?.name }
}

/// Whether `condition` holds within ten seconds.
private func soon(_ condition: () throws -> Bool) async -> Bool {
    for _ in 0..<500 {
        if (try? condition()) ?? false { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return false
}

/// One after the other: they hold several servers each.
@Suite(.serialized) struct MariaDBFaultTests {
    @Test func lookupsAreSpread() throws {
        let farm = try Farm(2)
        let directory = try farm.directory()
        var seen: [String: Int] = [:]
        for _ in 0..<60 { seen[try directory.name() ?? "none", default: 0] += 1 }
        #expect(Set(seen.keys) == ["Server 0", "Server 1"] && seen.values.allSatisfy { $0 >= 10 }, "\(seen)")
    }

    @Test func killedAndRestarted() async throws {
        let farm = try Farm(2)
        let directory = try farm.directory()
        farm.servers[0].kill()
        for _ in 0..<20 { #expect(try directory.name() == "Server 1") }
        #expect(farm.changes.texts.count { $0.contains("down") } == 1)
        #expect(farm.changes.failures.isEmpty, "no lookup failed")
        farm.servers[1].kill()
        let error = #expect(throws: StoreError.self) { for _ in 0..<3 { _ = try directory.name() } }
        #expect(farm.servers.contains { error?.description.contains($0.address.text) ?? false })
        #expect(!farm.changes.failures.isEmpty)
        try farm.servers[0].start()
        #expect(await soon { try directory.name() == "Server 0" })
        try farm.servers[1].start()
        let up = MariaDBDirectory.Change.up(server: farm.servers[1].address.text)
        #expect(await soon { farm.changes.all.withLock { $0.contains(up) } })
        #expect(await soon { try directory.name() == "Server 1" })
    }

    /// A server that was restarted has closed its connections: no lookup fails for that.
    @Test func restartedBetweenLookups() throws {
        let farm = try Farm(1)
        let directory = try farm.directory()
        #expect(try directory.name() == "Server 0")
        try farm.stores[0].killOthers()
        for _ in 0..<3 { #expect(try directory.name() == "Server 0") }
        #expect(farm.changes.failures.isEmpty)
    }

    /// It costs the lookups under way one timeout, and later ones nothing.
    @Test func hanging() async throws {
        let farm = try Farm(2)
        let directory = try farm.directory()
        for _ in 0..<10 { _ = try directory.name() }
        farm.servers[0].hang()
        defer { farm.servers[0].goOn() }
        let clock = ContinuousClock()
        var longest = Duration.zero, total = Duration.zero
        for _ in 0..<200 {
            var name: String?
            let time = clock.measure { #expect(throws: Never.self) { name = try directory.name() } }
            #expect(name == "Server 1")
            (longest, total) = (max(longest, time), total + time)
        }
        #expect(longest < .seconds(3) && total < .seconds(10), "\(longest) \(total)")
        farm.servers[0].goOn()
        #expect(await soon { try directory.name() == "Server 0" })
    }

    /// With a primary that hangs too, nothing waits for it more than once.
    @Test func everyServerHangs() throws {
        let farm = try Farm(2)
        let directory = try farm.directory(primary: 1)
        for server in farm.servers { server.hang() }
        defer { for server in farm.servers { server.goOn() } }
        let clock = ContinuousClock()
        let first = clock.measure { #expect(throws: StoreError.self) { try directory.name() } }
        #expect(first < .seconds(4))
        let second = clock.measure { #expect(throws: StoreError.self) { try directory.name() } }
        #expect(second < .seconds(1))
    }

    @Test func startsWithoutAServer() async throws {
        let farm = try Farm(1)
        farm.servers[0].kill()
        let error = #expect(throws: StoreError.self) { try farm.directory() }
        #expect(error?.server == farm.servers[0].address.text)
        let directory = try farm.directory(toleratesOutage: true)
        #expect(throws: StoreError.self) { try directory.name() }
        try farm.servers[0].start()
        #expect(await soon { try directory.name() == "Server 0" })
    }

    @Test func tooManyConnections() throws {
        let farm = try Farm(2)
        let directory = try farm.directory()
        try farm.servers[0].run("SET GLOBAL max_connections = 10")
        func fill() -> [MariaDBConnection] { (0..<30).compactMap { _ in try? farm.servers[0].connection() } }
        let first = fill()
        try farm.stores[0].killOthers(besides: first.count)
        let second = fill()
        for _ in 0..<30 { #expect(try directory.name() == "Server 1") }
        #expect(farm.changes.failures.isEmpty)
        #expect(farm.changes.texts.contains { $0.contains("Too many connections") }, "\(farm.changes.texts)")
        withExtendedLifetime((first, second)) {}
    }

    /// Reading is all that is ever done.
    @Test func readOnlyServer() throws {
        let farm = try Farm(1)
        try farm.servers[0].run("SET GLOBAL read_only = 1; FLUSH TABLES WITH READ LOCK")
        let directory = try farm.directory()
        #expect(try directory.name() == "Server 0")
    }

    /// A replica that lacks a column is not asked; the others are.
    @Test func missingColumn() throws {
        let farm = try Farm(2)
        let directory = try farm.directory()
        try farm.stores[0].execute("ALTER TABLE oauth_accepted_consumer DROP COLUMN oaac_access_secret")
        for _ in 0..<20 { _ = try directory.oauth1(consumerKey: bytes("key"), token: bytes("token"), at: now) }
        #expect(farm.changes.failures.isEmpty)
        #expect(farm.changes.texts.contains { $0.contains("oaac_access_secret") })
        let error = #expect(throws: StoreError.self) { try farm.directory() }
        #expect(error?.kind == .missingColumn(table: "oauth_accepted_consumer", column: "oaac_access_secret"))
        #expect(error?.server == farm.servers[0].address.text)
    }

    // MARK: The primary

    @Test func whatReplicasDoNotHaveYet() throws {
        let farm = try Farm(2)
        let primary = farm.stores[1]
        try primary.addUser(8, "New")
        try primary.addConsumer(id: 1, key: .text("key"))
        try primary.addAcceptance(id: 11, token: .text("token"))
        let directory = try farm.directory(primary: 1) { $0.primaryRate = 3 }
        let before = try primary.selects()
        #expect(try directory.name() == "Server 0", "what a replica has is not asked for")
        #expect(try directory.user(id: 8, at: now)?.name == "New")
        let rows = try directory.oauth1(consumerKey: bytes("key"), token: bytes("token"), at: now)
        #expect(rows.consumer?.id == 1 && rows.user?.name == "Server 1", "rows of one moment")
        for _ in 0..<100 { #expect(try directory.user(id: 9, at: now) == nil) }
        #expect(try primary.selects() - before < 12, "asked no more often than it may be")
    }

    /// The probe's empty keys are never stored, and those of the configuration need not be.
    @Test func thePrimaryIsNotAskedInVain() throws {
        let farm = try Farm(2)
        let directory = try farm.directory(primary: 1) { $0.configuredConsumers = [bytes("static")] }
        let before = try farm.stores[1].selects()
        for _ in 0..<10 {
            #expect(try directory.consumer(key: "static") == nil && directory.accessToken(identifier: []) == nil)
        }
        #expect(try farm.stores[1].selects() - before <= 4)
    }

    @Test func aPrimaryThatIsAwayIsDoneWithout() throws {
        let farm = try Farm(2)
        let directory = try farm.directory(primary: 1)
        farm.servers[1].kill()
        #expect(try directory.name() == "Server 0" && directory.user(id: 8, at: now) == nil)
    }

    @Test func thePrimaryStandsInForReplicas() throws {
        let farm = try Farm(2)
        let directory = try farm.directory(primary: 1) { $0.primaryRate = 5 }
        farm.servers[0].kill()
        for _ in 0..<4 { #expect(try directory.name() == "Server 1") }
        #expect(throws: StoreError.self) { for _ in 0..<20 { _ = try directory.name() } }
    }

    // MARK: Lag

    @Test func heartbeat() async throws {
        let farm = try Farm(2)
        for server in farm.servers {
            try server.run("CREATE DATABASE heartbeat")
            try server.run("CREATE TABLE heartbeat.heartbeat (ts VARCHAR(26), server_id INT)")
        }
        func beat(_ server: Int, secondsAgo: Int) throws {
            let time = "DATE_FORMAT(UTC_TIMESTAMP(6) - INTERVAL \(secondsAgo) SECOND, '%Y-%m-%dT%H:%i:%s.%f')"
            try farm.servers[server].run(
                "DELETE FROM heartbeat.heartbeat; INSERT INTO heartbeat.heartbeat VALUES (\(time), 1)")
        }
        try beat(0, secondsAgo: 0)
        try beat(1, secondsAgo: 100)
        let directory = try farm.directory { ($0.heartbeat, $0.maxLag) = ("heartbeat.heartbeat", 30) }
        for _ in 0..<20 { #expect(try directory.name() == "Server 0") }
        #expect(farm.changes.texts.contains { $0.contains("it is 100 s behind its primary") })
        try beat(1, secondsAgo: 0)
        #expect(await soon { try directory.name() == "Server 1" })
        try beat(0, secondsAgo: 1000)
        try beat(1, secondsAgo: 1000)
        #expect(await soon { do { _ = try directory.name(); return false } catch { return true } })
        let error = #expect(throws: StoreError.self) { try directory.name() }
        #expect(error?.description.contains("behind its primary") == true)
    }

    /// Real replication, with the replica's own word for its lag.
    @Test func replication() async throws {
        let port = DatabaseServer.freePort()
        let primary = try DatabaseServer([
            "--log-bin=binlog", "--server-id=1", "--bind-address=127.0.0.1", "--port=\(port)",
        ])
        let replica = try DatabaseServer(["--skip-networking", "--server-id=2"])
        try primary.run("CREATE USER repl IDENTIFIED BY 'x'; GRANT REPLICATION SLAVE ON *.* TO repl")
        try replica.run(
            """
            CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = \(port), MASTER_USER = 'repl',
              MASTER_PASSWORD = 'x', MASTER_LOG_FILE = 'binlog.000001', MASTER_LOG_POS = 4; START SLAVE
            """)
        let store = try TestStore(.mariadb, Tables.oauth + [.users], on: primary, named: "wiki")
        try store.addUser(7, "Alice")
        var source = store.source()
        (source.wiki.replicas, source.wiki.primary) = ([replica.address], nil)
        let changes = Farm.Changes()
        let directory = await soonest {
            try MariaDBDirectory(source) { _, _ in
            } observe: { change in
                changes.all.withLock { $0.append(change) }
            }
        }
        let opened = try #require(directory)
        #expect(await soon { try opened.name() == "Alice" })
        try replica.run("STOP SLAVE SQL_THREAD")
        #expect(await soon { changes.texts.contains { $0.contains("its replication does not run") } })
        #expect(throws: StoreError.self) { try opened.name() }
        try store.run("UPDATE user SET user_name = 'Renamed'")
        try replica.run("START SLAVE SQL_THREAD")
        #expect(await soon { try opened.name() == "Renamed" })
    }

    /// The first value that `body` returns within ten seconds.
    private func soonest<Value>(_ body: () throws -> Value) async -> Value? {
        for _ in 0..<500 {
            if let value = try? body() { return value }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}

extension TestStore {
    /// Ends all connections but this one and the newest `others`.
    fileprivate func killOthers(besides others: Int = 0) throws {
        let ids = try query(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER <> 'system user' "
                + "ORDER BY ID")
        for row in ids.dropLast(others) { try? execute("KILL \(row.integer(0))") }
    }

    /// SELECT statements that the server has run.
    fileprivate func selects() throws -> Int64 {
        try query("SHOW GLOBAL STATUS LIKE 'Com_select'").first?.integer(1) ?? 0
    }
}
