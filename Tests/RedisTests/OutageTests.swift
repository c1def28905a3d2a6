// What becomes of claims when Redis does not answer, or with an error.

import NIOCore
import Redis
import Sessions
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct OutageTests {
    private func withServer(
        _ script: @escaping FakeRedis.Script, _ change: (inout RedisSettings) -> Void = { _ in },
        _ body: (FakeRedis, Instance) async throws -> Void
    ) async throws {
        let server = try await FakeRedis(script)
        try await withInstance("redis://127.0.0.1:\(server.port)", change) { try await body(server, $0) }
        try await server.stop()
    }

    /// A script that answers claims with `answer` from when it is set on.
    private final class Switch: Sendable {
        private let answer = Mutex<String?>(nil)

        var value: String? {
            get { answer.withLock { $0 } }
            set { answer.withLock { $0 = newValue } }
        }

        func script(_ command: [String]) -> String? {
            command[0] == "SET" && command[1].contains(":n:") ? value : nil
        }
    }

    @Test(arguments: [
        (RedisSettings.WhenDown.local, NonceOutcome.fresh), (.refuse, .unverified), (.fail, .unavailable),
    ])
    func aMissingAnswer(_ whenDown: RedisSettings.WhenDown, _ outcome: NonceOutcome) async throws {
        let claims = Switch()
        try await withServer(claims.script) {
            $0.whenDown = whenDown
            $0.timeout = 500
        } _: { (server, instance) async throws in
            #expect(try await instance.claim(nonce("before")) == .fresh)
            claims.value = FakeRedis.silence
            let clock = ContinuousClock()
            let began = clock.now
            #expect(try await instance.claim(nonce("during")) == outcome)
            #expect((Duration.milliseconds(495)...Duration.seconds(5)).contains(clock.now - began))
            // Known from before, in every mode.
            #expect(try await instance.claim(nonce("before")) == .used)
            #expect(instance.farm.nonces.sum(\.timeouts) >= 1)
            #expect(instance.log.lines.contains { $0.contains("no answer within 500 ms") })
        }
    }

    @Test func ofTwoWaitingRequestsWithOneNonceOneIsAccepted() async throws {
        let claims = Switch()
        try await withServer(claims.script) {
            $0.timeout = 500
        } _: { (_, instance) async throws in
            _ = try await instance.claim(nonce("before"))
            claims.value = FakeRedis.silence
            let outcomes = try await instance.claim(
                (1...10).map { nonce("one", request: "\($0)") } + [nonce("one", request: "1")])
            #expect(outcomes.filter { $0 == .fresh }.count == 1)
            #expect(outcomes.filter { $0 == .used }.count == 9)
            #expect(outcomes.last == .retried)
        }
    }

    @Test func aLongOutageIsNamedOnceAMinute() {
        let log = KeptLog()
        let outage = Outage(.local, logger: log.logger)
        let link = ObjectIdentifier(log)
        let start = NIODeadline.now()
        for second in 0...125 {
            outage.begin(link, reason: "refused", decided: 0, at: start + .seconds(Int64(second)))
        }
        outage.end(link, decided: 7)
        #expect(log.lines.count == 4, "\(log.lines)")
        #expect(log.lines.filter { $0.contains("still away") }.count == 2)
        #expect(log.lines.last?.contains("claims=7") == true)
    }

    @Test func redisThatIsFullAcceptsNothing() async throws {
        let claims = Switch()
        try await withServer(claims.script) { (_, instance) async throws in
            _ = try await instance.claim(nonce("before"))
            claims.value = "-OOM command not allowed when used memory > 'maxmemory'.\r\n"
            #expect(try await instance.claim(nonce("a")) == .full)
            #expect(instance.farm.nonces.problem == nil)
            #expect(instance.farm.nonces.sum(\.full) == 1)
        }
    }

    @Test(arguments: [
        "-MOVED 3999 127.0.0.1:6381", "-READONLY You can't write against a read only replica.", ":1", "*0",
    ])
    func anAnswerThatIsNoneIsAnOutage(_ answer: String) async throws {
        let claims = Switch()
        try await withServer(claims.script) {
            $0.whenDown = .fail
        } _: { (server, instance) async throws in
            _ = try await instance.claim(nonce("before"))
            let connections = server.connections
            claims.value = answer + "\r\n"
            #expect(try await instance.claim(nonce("a")) == .unavailable)
            #expect(instance.farm.nonces.sum(\.errors) == 1)
            // Another connection is made.
            #expect(await eventually { server.connections > connections })
        }
    }

    @Test func answersThatNoOneAskedForEndTheConnection() async throws {
        let claims = Switch()
        try await withServer(claims.script) { (server, instance) async throws in
            _ = try await instance.claim(nonce("before"))
            let connections = server.connections
            claims.value = "$-1\r\n+OK\r\n"
            #expect(try await instance.claim(nonce("a")) == .fresh)
            #expect(await eventually { server.connections > connections })
        }
    }

    @Test func theBeginningAndTheEndAreOneLineEach() async throws {
        let claims = Switch()
        try await withServer(claims.script) {
            $0.timeout = 500
        } _: { (_, instance) async throws in
            _ = try await instance.claim(nonce("before"))
            claims.value = FakeRedis.silence
            _ = try await instance.claim((1...5).map { nonce("\($0)") })
            claims.value = nil
            #expect(await eventually { instance.log.lines.contains { $0.contains("Redis is back") } })
            let lines = instance.log.lines.filter { $0.contains("Redis is") }
            // On a busy machine it may seem away once more.
            #expect(lines.count >= 2 && UInt64(lines.count + 1) / 2 == instance.farm.nonces.outages)
            #expect(lines[1].contains("claims=5") && lines[1].contains("after_ms="))
        }
    }

    @Test func whatWasClaimedMeanwhileIsHandedOver() async throws {
        let claims = Switch()
        try await withServer(claims.script) {
            $0.timeout = 500
        } _: { (server, instance) async throws in
            _ = try await instance.claim(nonce("before"))
            claims.value = FakeRedis.silence
            _ = try await instance.claim((1...1500).map { nonce("\($0)") })
            // Some are on their way to a new connection at times.
            #expect(instance.farm.nonces.handoverCount > 1000)
            claims.value = nil
            #expect(await eventually { instance.farm.nonces.sum(\.written) == 1500 })
            #expect(instance.farm.nonces.handoverCount == 0)
            let keys = server.commands.filter { $0[0] == "SET" && $0[1].contains(":n:") }.map { $0[1] }
            #expect(Set(keys).count == 1501)
        }
    }

    @Test func whereThereIsNoServerNothingWaits() async throws {
        try await withInstance("redis://127.0.0.1:1") { (instance) async throws in
            #expect(await eventually { instance.farm.nonces.problem != nil })
            let clock = ContinuousClock()
            let began = clock.now
            for number in 0..<50 { #expect(try await instance.claim(nonce("\(number)")) == .fresh) }
            #expect(clock.now - began < .seconds(5))
            #expect(instance.log.lines.contains { $0.contains("Connection refused") })
        }
    }
}
