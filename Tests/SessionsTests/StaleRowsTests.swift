// Rows that are read anew before they expire, and rows that count longer while the store can't be read.

import Bytes
import EnvoyProtocol
import Sessions
import Testing

@Suite struct StaleRowsTests {
    private let lookup = Lookup.oauth1(consumerKey: Array("ck".utf8), token: Array("ta".utf8))

    /// Those who wait are few: what is in use is read anew while it still counts.
    @Test func rowsInUseAreReadAnewBeforeTheyExpire() {
        let world = TestWorld()
        #expect(world.check(world.signed(nonce: "a")).lookups.contains(lookup))
        let begin = world.now
        world.now = begin.advanced(milliseconds: 7000)
        #expect(world.check(world.signed(nonce: "b")).lookups == [] && world.scratch.refresh == nil)
        // From four fifths of a lifetime on, which is up to a tenth shorter than it says.
        world.now = begin.advanced(milliseconds: 8001)
        #expect(world.check(world.signed(nonce: "c")).lookups == [])
        #expect(world.scratch.refresh == lookup)
        world.scratch.refresh = nil
        // It is said once.
        #expect(world.check(world.signed(nonce: "d")).lookups == [] && world.scratch.refresh == nil)
    }

    @Test func lifetimesDiffer() {
        var expired = 0
        for _ in 0..<100 {
            let world = TestWorld()
            _ = world.check(world.signed(nonce: "a"))
            world.now = world.now.advanced(milliseconds: 9500)
            if world.check(world.signed(nonce: "b")).lookups.count == 1 { expired += 1 }
        }
        #expect((10...90).contains(expired))
    }

    @Test func noRowCountsLongerThanItsLifetime() {
        for _ in 0..<20 {
            let world = TestWorld()
            _ = world.check(world.signed(nonce: "a"))
            world.now = world.now.advanced(milliseconds: 10_000)
            #expect(world.check(world.signed(nonce: "b")).lookups.count == 1)
        }
    }

    @Test func whatIsKnownGoesOnWhileTheStoreIsAway() {
        let world = TestWorld()
        _ = world.check(world.signed(nonce: "a"))
        world.now = world.now.advanced(milliseconds: 20_000)
        #expect(world.memory.extend(lookup, world.policy, at: world.now))
        #expect(world.check(world.signed(nonce: "b")).lookups == [])
        // It is read anew before that time is over, too.
        world.now = world.now.advanced(milliseconds: 1000)
        #expect(world.check(world.signed(nonce: "c")).decision?.outcome == .authenticated)
        #expect(world.scratch.refresh == lookup)
        world.now = world.now.advanced(milliseconds: 1001)
        #expect(world.check(world.signed(nonce: "d")).lookups.count == 1)
    }

    /// `cache.stale_if_error` after the lifetime it is over.
    @Test func itGoesOnNoLongerThanIsAllowed() {
        let world = TestWorld()
        _ = world.check(world.signed(nonce: "a"))
        let begin = world.now
        world.now = begin.advanced(milliseconds: 309_500)
        #expect(world.memory.extend(lookup, world.policy, at: world.now))
        world.now = begin.advanced(milliseconds: 310_000)
        #expect(!world.memory.extend(lookup, world.policy, at: world.now))
        world.directory.fail(with: Fault.storeUnavailable)
        #expect(world.check(world.signed(nonce: "b")).fault == .storeUnavailable)
    }

    @Test func whatWasNotFoundDoesNotCountLonger() {
        let world = TestWorld()
        #expect(world.check(world.signed(token: "none", nonce: "a")).reason == .tokenInvalid)
        world.now = world.now.advanced(milliseconds: 2001)
        let unknown = Lookup.oauth1(consumerKey: Array("ck".utf8), token: Array("none".utf8))
        #expect(!world.memory.extend(unknown, world.policy, at: world.now))
        world.directory.fail(with: Fault.storeUnavailable)
        #expect(world.check(world.signed(token: "none", nonce: "b")).fault == .storeUnavailable)
    }

    @Test func anotherPolicyKnowsNothing() {
        let world = TestWorld()
        _ = world.check(world.signed(nonce: "a"))
        let other = Policy(settings: world.settings, keys: world.policy.keys)
        #expect(!world.memory.extend(lookup, other, at: world.now))
    }
}

extension Timestamp {
    fileprivate func advanced(milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds + milliseconds)
    }
}
