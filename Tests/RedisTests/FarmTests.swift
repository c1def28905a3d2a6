// Two instances and a real Redis: one nonce is accepted once, whatever happens to Redis.

import Foundation
import Redis
import Sessions
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct FarmTests {
    /// Runs `body` with a Redis and two instances of two event loops each.
    private func withFarm(
        _ arguments: [String] = [], _ change: (inout RedisSettings) -> Void = { _ in },
        _ body: (RealRedis, Instance, Instance) async throws -> Void
    ) async throws {
        try await withRedis(arguments) { (redis) async throws in
            try await withInstance(redis.url, loops: 2, change) { (first) async throws in
                try await withInstance(redis.url, loops: 2, change) { (second) async throws in
                    #expect(await eventually { first.heard.count == 1 && second.heard.count == 1 })
                    try await body(redis, first, second)
                }
            }
        }
    }

    @Test func ofAHundredRacesExactlyOneWinsEachTime() async throws {
        try await withFarm { (_, first, second) async throws in
            for race in 0..<100 {
                async let left = first.claim((0..<4).map { nonce("race \(race)", request: "first \($0)") })
                async let right = second.claim((0..<4).map { nonce("race \(race)", request: "second \($0)") })
                let outcomes = try await left + right
                #expect(outcomes.filter { $0 == .fresh }.count == 1)
                #expect(outcomes.filter { $0 == .used }.count == 7)
            }
        }
    }

    @Test func theRetryOfARequestIsKnownAtTheOther() async throws {
        try await withFarm { (_, first, second) async throws in
            #expect(try await first.claim(nonce("a", request: "r")) == .fresh)
            #expect(try await second.claim(nonce("a", request: "r")) == .retried)
            #expect(try await second.claim(nonce("a", request: "other")) == .used)
            #expect(try await second.claim(nonce("a", request: "r")) == .retried)
            #expect(try await first.claim(nonce("a")) == .used)
            // Without an id nothing is a retry.
            #expect(try await first.claim(nonce("b")) == .fresh)
            #expect(try await second.claim(nonce("b")) == .used)
        }
    }

    @Test func aReplayThatWasRefusedIsNoRetryLater() async throws {
        try await withFarm { (redis, first, second) async throws in
            #expect(try await first.claim(nonce("a", request: "r1")) == .fresh)
            #expect(try await second.claim(nonce("a", request: "r2")) == .used)
            redis.end()
            #expect(await eventually { second.farm.nonces.problem != nil })
            #expect(try await second.claim(nonce("a", request: "r2")) == .used)
        }
    }

    @Test func killedAndStartedAgain() async throws {
        try await withFarm { (redis, first, second) async throws in
            #expect(try await first.claim(nonce("before")) == .fresh)
            redis.end()
            #expect(await eventually { first.farm.nonces.problem != nil && second.farm.nonces.problem != nil })
            #expect(try await first.claim(nonce("before")) == .used)
            #expect(
                try await first.claim((0..<10).map { nonce("during \($0)", request: "r") })
                    == Array(repeating: .fresh, count: 10))
            try redis.start()
            #expect(await eventually { first.farm.nonces.problem == nil && second.farm.nonces.problem == nil })
            #expect(await eventually { first.farm.nonces.sum(\.written) == 10 })
            // The other instance knows what was claimed meanwhile.
            #expect(try await second.claim(nonce("during 3", request: "r")) == .retried)
            #expect(try await second.claim(nonce("during 4")) == .used)
        }
    }

    @Test func hanging() async throws {
        try await withFarm {
            $0.timeout = 100
        } _: { (redis, first, second) async throws in
            #expect(try await first.claim(nonce("before")) == .fresh)
            redis.signal(SIGSTOP)
            let clock = ContinuousClock()
            let began = clock.now
            #expect(try await first.claim((0..<1000).map { nonce("\($0)") }).allSatisfy { $0 == .fresh })
            // One timeout for all, and none afterwards: ten seconds, if each of these waited.
            for number in 0..<100 { #expect(try await first.claim(nonce("later \(number)")) == .fresh) }
            #expect(clock.now - began < .seconds(5))
            redis.signal(SIGCONT)
            #expect(await eventually { first.farm.nonces.problem == nil && second.farm.nonces.problem == nil })
            #expect(await eventually { first.farm.nonces.handoverCount == 0 })
            #expect(try await second.claim(nonce("later 7")) == .used)
            #expect(try await second.claim(nonce("7")) == .used)
        }
    }

    /// Redis may carry out a claim that is no longer waited for: its request comes again, and others with its nonce are refused.
    @Test func theRetryOfARequestWhoseClaimWasGivenUp() async throws {
        try await withFarm {
            $0.timeout = 300
            $0.whenDown = .fail
        } _: { (redis, first, second) async throws in
            redis.signal(SIGSTOP)
            #expect(try await first.claim(nonce("a", request: "r")) == .unavailable)
            redis.signal(SIGCONT)
            #expect(await eventually { first.farm.nonces.problem == nil && second.farm.nonces.problem == nil })
            let outcome = try await second.claim(nonce("a", request: "r"))
            #expect(outcome == .retried || outcome == .fresh)
            #expect(try await first.claim(nonce("a", request: "other")) == .used)
            // Its retry at the instance that has seen another one with its nonce meanwhile.
            #expect(try await first.claim(nonce("a", request: "r")) == .retried)
        }
    }

    @Test func flushed() async throws {
        try await withFarm { (redis, first, _) async throws in
            #expect(try await first.claim(nonce("a", request: "r1")) == .fresh)
            #expect(try redis.ask("FLUSHALL") == "OK")
            // What this instance has seen itself it still knows.
            #expect(try await first.claim(nonce("a", request: "r2")) == .used)
        }
    }

    @Test func full() async throws {
        try await withFarm(["--maxmemory", "100mb"]) { (redis, first, second) async throws in
            #expect(try await first.claim(nonce("before")) == .fresh)
            #expect(try redis.ask("CONFIG", "SET", "maxmemory", "1") == "OK")
            #expect(try await first.claim(nonce("a")) == .full)
            #expect(try await second.claim(nonce("a")) == .full)
            #expect(first.farm.nonces.problem == nil)
            #expect(try redis.ask("CONFIG", "SET", "maxmemory", "0") == "OK")
            #expect(try await second.claim(nonce("a")) == .fresh)
            #expect(try await first.claim(nonce("a")) == .used)
        }
    }

    @Test(arguments: [("allkeys-lru", true), ("volatile-ttl", true), ("noeviction", false)])
    func evictionIsReported(_ policy: String, _ isReported: Bool) async throws {
        try await withFarm(["--maxmemory-policy", policy]) { (_, first, second) async throws in
            // What is announced is answered behind the question about it.
            #expect(await eventually { await first.announce(.all) == .told(2) })
            #expect(
                first.log.lines.contains { $0.contains("maxmemory-policy noeviction") && $0.contains(policy) }
                    == isReported)
        }
    }

    @Test func noncesEndInRedis() async throws {
        try await withFarm { (redis, first, _) async throws in
            #expect(try await first.claim(nonce("a", life: 100)) == .fresh)
            let key = try redis.ask("KEYS", "sessiongate:n:*")
            #expect(key.hasPrefix("sessiongate:n:"))
            let life = Int(try redis.ask("PTTL", key)) ?? 0
            #expect((105_000...111_000).contains(life))
        }
    }

    @Test func passwords() async throws {
        try await withRedis(["--requirepass", "geheim"]) { (redis) async throws in
            try await withInstance(redis.url) {
                $0.password = Array("geheim".utf8)
            } _: { (instance) async throws in
                #expect(try await instance.claim(nonce("a")) == .fresh)
                #expect(instance.farm.nonces.sum(\.fresh) == 1)
            }
            for password in [nil, "falsch"] {
                try await withInstance(redis.url) {
                    $0.password = password.map { Array($0.utf8) }
                    $0.whenDown = .refuse
                } _: { (instance) async throws in
                    #expect(await eventually { instance.farm.nonces.problem != nil })
                    #expect(try await instance.claim(nonce("b")) == .unverified)
                    let word = password == nil ? "NOAUTH" : "WRONGPASS"
                    #expect(instance.log.lines.contains { $0.contains(word) })
                    #expect(!instance.log.lines.contains { $0.contains("falsch") || $0.contains("geheim") })
                }
            }
        }
    }

    @Test func aClientsShareIsBoundedBeforeRedisIsAsked() async throws {
        try await withRedis { (redis) async throws in
            try await withInstance(redis.url, capacity: 1000) { (instance) async throws in
                var outcomes: [NonceOutcome?] = []
                for number in 0..<200 { outcomes.append(try await instance.claim(nonce("\(number)"))) }
                #expect(outcomes.contains(.overShare) && outcomes[..<100].allSatisfy { $0 == .fresh })
                let kept = outcomes.filter { $0 == .fresh }.count
                #expect(try redis.ask("KEYS", "*:n:*").split(separator: "\n").count == kept)
                #expect(try await instance.claim(nonce("mine", client: "another")) == .fresh)
            }
        }
    }
}
