// What a server must be and say before claims are sent to it, and what becomes of one that breaks the protocol.

import Redis
import Sessions
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct GreetingTests {
    /// What the log says of a server that answers so.
    private func problem(
        _ change: @escaping @Sendable (inout RedisSettings) -> Void = { _ in }, _ script: @escaping FakeRedis.Script
    ) async throws -> String {
        let server = try await FakeRedis(script)
        var found = ""
        try await withInstance("redis://127.0.0.1:\(server.port)", change) { (instance) async throws in
            let isLogged = await eventually { instance.log.lines.contains { $0.contains("Redis is away") } }
            #expect(isLogged)
            #expect(try await instance.claim(nonce("a")) == .fresh)
            #expect(instance.farm.nonces.sum(\.withoutRedis) == 1)
            found = instance.log.lines.first { $0.contains("Redis is away") } ?? ""
        }
        try await server.stop()
        return found
    }

    @Test func oldServersAreRefused() async throws {
        let line = try await problem { $0[0] == "HELLO" ? FakeRedis.hello(version: "6.2.14") : nil }
        #expect(line.contains("6.2.14") && line.contains("7.0 or newer"))
    }

    @Test(arguments: [
        ("cluster", "master", "Redis Cluster"), ("sentinel", "master", "redis+sentinel://"),
        ("standalone", "replica", "a replica"),
    ])
    func otherKindsAreRefused(_ mode: String, _ role: String, _ words: String) async throws {
        let line = try await problem { $0[0] == "HELLO" ? FakeRedis.hello(mode: mode, role: role) : nil }
        #expect(line.contains(words))
    }

    @Test func aPasswordIsSentAndNeverLogged() async throws {
        let line = try await problem {
            $0.password = Array("geheim".utf8)
        } _: {
            $0[0] == "AUTH" ? "-WRONGPASS invalid username-password pair or user is disabled.\r\n" : nil
        }
        #expect(line.contains("WRONGPASS") && !line.contains("geheim"))
    }

    @Test func aServerThatTakesNoClaimsIsRefused() async throws {
        let line = try await problem {
            $0[0] == "SET" ? "-READONLY You can't write against a read only replica.\r\n" : nil
        }
        #expect(line.contains("READONLY"))
    }

    @Test func whatIsNotTheProtocolIsRefused() async throws {
        let line = try await problem { _ in "HTTP/1.1 400 Bad Request\r\n\r\n" }
        #expect(line.contains("not Redis's protocol"))
    }

    @Test func aProxyWithoutHelloWillDo() async throws {
        let server = try await FakeRedis { $0[0] == "HELLO" ? "-ERR unknown command 'HELLO'\r\n" : nil }
        try await withInstance("redis://127.0.0.1:\(server.port)") { (instance) async throws in
            #expect(try await instance.claim(nonce("a")) == .fresh)
            #expect(instance.farm.nonces.sum(\.fresh) == 1)
        }
        try await server.stop()
    }

    @Test func userAndDatabaseOfTheURLAreUsed() async throws {
        let server = try await FakeRedis { _ in nil }
        try await withInstance("redis://gate@127.0.0.1:\(server.port)/3") {
            $0.password = Array("geheim".utf8)
        } _: { (instance) async throws in
            #expect(try await instance.claim(nonce("a")) == .fresh)
        }
        #expect(server.commands.contains(["AUTH", "gate", "geheim"]))
        #expect(server.commands.contains(["SELECT", "3"]))
        try await server.stop()
    }

    @Test func claimsOfOneTurnAreOneCommandEach() async throws {
        let server = try await FakeRedis { _ in nil }
        try await withInstance("redis://127.0.0.1:\(server.port)") { (instance) async throws in
            let claim = nonce("a", request: "r", life: 100)
            #expect(try await instance.claim([claim, nonce("b"), nonce("c")]) == [.fresh, .fresh, .fresh])
            let set = server.commands.filter { $0.count == 7 && $0[1].hasPrefix("sessiongate:n:") }
            #expect(set.count == 3 && Set(set.map { $0[1] }).count == 3)
            #expect(set.allSatisfy { $0[0] == "SET" && $0[3...5] == ["NX", "GET", "PX"] && $0[1].utf8.count == 46 })
            // Up to the end of its last second, and ten seconds for other clocks.
            let life = set[0].last.flatMap { Int64($0) } ?? 0
            #expect((109_000...111_000).contains(life))
            #expect(set[0][2].utf8.count == 16 && set[1][2] == "-")
        }
        try await server.stop()
    }
}
