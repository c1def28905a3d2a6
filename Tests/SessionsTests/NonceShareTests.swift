// One client's nonces leave room for those of the others.

import Bytes
import EnvoyProtocol
import Sessions
import Testing

@Suite struct NonceShareTests {
    private static let capacity = 4096
    private static let now: Int64 = 1_000_000

    private func claim(_ client: String, _ nonce: Int, expires: Int64) -> NonceClaim {
        Array(client.utf8).withBytes { token in
            Array("\(nonce)".utf8).withBytes {
                NonceClaim(consumer: Bytes("c"), token: token, nonce: $0, requestID: .empty, expires: expires)
            }
        }
    }

    /// How many of `count` nonces are taken, and whether those that are not are all for the client's share.
    private func take(
        _ client: String, _ count: Int, from first: Int = 0, of memory: NonceMemory, now: Int64 = Self.now,
        ahead: Int64 = 300
    ) -> (fresh: Int, isShareAlone: Bool) {
        let outcomes = (first..<first + count).map {
            memory.claim(claim(client, $0, expires: now + ahead), now: now)
        }
        return (outcomes.count { $0 == .fresh }, outcomes.allSatisfy { $0 == .fresh || $0 == .overShare })
    }

    @Test(arguments: [1, 25, 50]) func aClientHasAtMostItsShare(share: Int) {
        let memory = NonceMemory(capacity: Self.capacity, share: share, horizon: 601)
        let greedy = take("greedy", 3 * Self.capacity, of: memory)
        #expect(greedy.isShareAlone)
        let expected = Self.capacity * share / 100
        #expect(expected...(expected + 64) ~= greedy.fresh)
        #expect(take("other", 100 * share / 25, of: memory).fresh == 100 * share / 25)
        #expect(take("greedy", 100, from: 100_000, of: memory).fresh == 0)
        // What it has is still known.
        #expect(memory.claim(claim("greedy", 0, expires: Self.now + 300), now: Self.now) == .used)
    }

    @Test func someGreedyClientsLeaveRoomForAllOthers() {
        let memory = NonceMemory(capacity: Self.capacity, share: 10, horizon: 601)
        for client in 0..<20 { #expect(take("greedy \(client)", Self.capacity, of: memory).isShareAlone) }
        #expect(memory.count < Self.capacity * 9 / 10)
        for client in 0..<100 { #expect(take("honest \(client)", 2, of: memory) == (2, true)) }
    }

    /// With 100 percent the first one may take all, as if there were no shares; then there is no room.
    @Test func aHundredPercentIsNoLimit() {
        let memory = NonceMemory(capacity: Self.capacity, share: 100, horizon: 601)
        #expect(!take("greedy", 3 * Self.capacity, of: memory).isShareAlone)
        #expect(memory.count > Self.capacity * 9 / 10)
        #expect(memory.claim(claim("greedy", -1, expires: Self.now + 300), now: Self.now) == .full)
    }

    /// However many clients there are, memory does not grow with them, and those that have few are told that there is no room.
    @Test func aMillionClientsTakeNoMoreThanOne() {
        let memory = NonceMemory(capacity: 32_768, share: 25, horizon: 601)
        for client in 0..<1_000_000 {
            let outcome = memory.claim(claim("\(client)", 0, expires: Self.now + 300), now: Self.now)
            if outcome != .fresh && outcome != .full { Issue.record("\(String(describing: outcome))") }
        }
        #expect(memory.count <= 32_768)
        #expect(memory.byteCount < 32_768 * 40)
    }

    /// Timestamps as far ahead as they may be gain nothing over two hours, and what was taken becomes free again.
    @Test func timestampsAheadGainNothing() {
        var fresh: [Int64: Int] = [:]
        for ahead: Int64 in [1, 300, 590] {
            let memory = NonceMemory(capacity: Self.capacity, share: 25, horizon: 601)
            for second in 0..<720 {
                let now = Self.now + Int64(second) * 10
                fresh[ahead, default: 0] +=
                    take("greedy", 20, from: second * 20, of: memory, now: now, ahead: ahead).fresh
                #expect(take("honest", 1, from: second, of: memory, now: now).fresh == 1)
            }
        }
        #expect(fresh[590] == fresh[300] && fresh[300] == fresh[1])
        #expect(fresh[300, default: 0] > 5 * Self.capacity / 4)
    }

    /// Nothing that others send makes a count higher than what a client has.
    @Test(arguments: [1, 64, 5000]) func aTallyNeverCountsTooMuch(capacity: Int) {
        var tally = NonceTally(capacity: capacity)
        var truth: [UInt32: Int] = [:]
        var state: UInt64 = 7
        for step in 0..<50_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // Every third is of one client, the others are of many.
            let client = step % 3 == 0 ? 77 : UInt32(truncatingIfNeeded: state >> 33) % 3000
            tally.add(client)
            truth[client, default: 0] += 1
        }
        for (client, count) in truth { #expect(tally.count(of: client) <= count) }
        #expect(tally.count(of: 77) > (capacity > 64 ? 15_000 : 10_000))
        #expect(tally.count(of: 5000) == 0)
    }
}

@Suite struct NonceShareAnswerTests {
    /// A world in which Alice has sent as many requests as she may.
    private func exhausted(_ change: (inout Settings) -> Void = { _ in }) -> TestWorld {
        let world = TestWorld()
        world.settings.oauth1.nonceCapacity = 1000
        world.settings.oauth1.nonceShare = 25
        change(&world.settings)
        for number in 0...250 { _ = world.check(world.signed(nonce: "n\(number)", id: "\(number)")) }
        return world
    }

    private func answer(
        _ path: String, _ world: TestWorld
    ) throws -> (status: Int, fields: [String: String], body: String) {
        let response = try #require(world.check(world.signed(nonce: "more", path: path)).response)
        #expect(response.status.code == 8 && response.ok == nil)
        let denied = try #require(response.denied)
        let fields = Dictionary(uniqueKeysWithValues: denied.headers.map { ($0.header.key, $0.header.value) })
        return (denied.status.code.rawValue, fields, denied.body)
    }

    @Test func onlyTheOneThatExceedsItsShareIsRefused() {
        let world = exhausted()
        #expect(world.check(world.signed(nonce: "x")).reason == .nonceShare)
        for number in 0..<40 {
            #expect(world.check(world.signed(token: "tb", nonce: "b\(number)")).decision?.identity?.userID == 5)
        }
        // What was accepted is known all the same: as the proxy's retry, and as a replay.
        #expect(world.check(world.signed(nonce: "n3", id: "3")).decision?.outcome == .authenticated)
        #expect(world.check(world.signed(nonce: "n3", id: "4")).reason == .nonceUsed)
        // Twenty minutes later it is forgotten.
        world.now = Timestamp(seconds: world.now.seconds + 1203)
        #expect(world.check(world.signed(nonce: "x")).decision?.outcome == .authenticated)
    }

    @Test(arguments: ["/w/api.php?action=query", "/w/rest.php/v1/page/A", "/w/x.php"])
    func theClientIsToWait(path: String) throws {
        let answer = try answer(path, exhausted())
        #expect(answer.status == 429)
        #expect(answer.fields["retry-after"] == "60")
        #expect(answer.fields["mediawiki-api-error"] == "ratelimited")
        #expect(answer.fields["www-authenticate"] == nil)
        #expect(answer.body.contains(#""reason":"nonce-share""#))
    }

    @Test func inTheFormatOfThePlace() throws {
        let world = exhausted()
        #expect(try answer("/w/api.php?action=query&format=xml", world).body.contains(#"<error code="ratelimited" "#))
        let rest = try answer("/w/rest.php/v1/page/A", world).body
        #expect(rest.contains(#""httpCode":429,"httpReason":"Too Many Requests""#))
        let everywhere = exhausted { $0.refusals.status = .unauthorized }
        #expect(try answer("/w/rest.php/v1/page/A", everywhere).body.contains(#"{"error":{"code":"ratelimited""#))
    }

    @Test func observeModeLetsItPass() {
        let outcome = exhausted { $0.mode = .observe }
        let answer = outcome.check(outcome.signed(nonce: "more"))
        #expect(answer.reason == .nonceShare && answer.response?.ok != nil)
    }
}
