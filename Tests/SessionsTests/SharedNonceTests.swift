// Claims that a store elsewhere decides: keys that are the same in all processes, and requests that wait.

import Bytes
import Cryptography
import EnvoyProtocol
import Sessions
import Synchronization
import Testing

/// A store that can't tell at once.
private final class Elsewhere: NonceStore {
    let asked = Mutex<[NonceClaim]>([])
    func claim(_ claim: NonceClaim, now: Int64) -> NonceOutcome? {
        asked.withLock { $0.append(claim) }
        return nil
    }
    let count = 0, byteCount = 0
}

@Suite struct SharedNonceTests {
    private func key(_ consumer: String, _ token: String, _ nonce: String) -> CacheKey {
        Array(consumer.utf8).withBytes { consumer in
            Array(token.utf8).withBytes { token in
                Array(nonce.utf8).withBytes { SharedNonce(consumer: consumer, token: token, nonce: $0).key }
            }
        }
    }

    /// The digest of the texts, each behind its length: by hand, so that instances of all versions agree.
    @Test func keysAreTheSameEverywhere() throws {
        let text: [UInt8] =
            [2, 0, 0, 0] + Array("ck".utf8) + [0, 0, 0, 0] + [1, 0, 0, 0] + Array("n".utf8)
        let digest = text.withBytes { SHA256.digest($0) }
        #expect(key("ck", "", "n") == CacheKey(high: digest.words.0, low: digest.words.1))
        let first = digest.withBytes { $0.prefix(8).array }
        #expect(first.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } == digest.words.0)
    }

    @Test func whereATextEndsCounts() {
        let keys = [key("a", "b", "c"), key("ab", "", "c"), key("a", "bc", ""), key("", "ab", "c"), key("a", "", "bc")]
        #expect(Set(keys).count == keys.count)
    }

    private func world(_ store: Elsewhere) -> (Policy, Memory, TestWorld) {
        let world = TestWorld()
        world.settings.oauth1.sharesNonces = true
        return (world.policy, Memory(world.settings, nonces: store), world)
    }

    private func decision(_ world: TestWorld, _ policy: Policy, _ memory: Memory, id: String = "r") throws -> Decision {
        let loader = Loader(policy, memory, world.directory)
        let message = world.signed(nonce: "n", id: id).encode()
        return try message.withBytes { bytes in
            try policy.withRequest(bytes) { request in
                Result { () throws(Fault) in
                    try settled {
                        decide(request, policy, memory, at: world.now, &world.scratch)
                    } load: { (lookup) throws(Fault) in
                        try loader.load(lookup, at: world.now)
                    }
                }
            }.get()
        }
    }

    private func pending(_ step: Step<SettledDecision>) throws -> PendingClaim {
        guard case .needs(.nonce(let claim)) = step else { throw Missing() }
        return claim
    }

    private struct Missing: Error {}

    @Test func theOutcomeBelongsToTheRequestThatWaited() throws {
        let store = Elsewhere()
        let (policy, memory, world) = world(store)
        var decision = try decision(world, policy, memory)
        decision.cookie = .none
        let first = try pending(memory.carryOut(decision, policy, at: world.now))
        let second = try pending(memory.carryOut(decision, policy, at: world.now))
        // One nonce, and two claims: a resolver that does work once for equal lookups must not do so here.
        #expect(first.claim == second.claim && first != second)
        #expect(Lookup.nonce(first) != Lookup.nonce(second))
        first.outcome = .fresh
        second.outcome = .used
        second.outcome = .fresh
        #expect(second.outcome == .used)
        guard case .decided(let won) = memory.carryOut(decision, policy, at: world.now, pending: first),
            case .decided(let lost) = memory.carryOut(decision, policy, at: world.now, pending: second)
        else { throw Missing() }
        #expect(won.decision.outcome == .authenticated)
        #expect(lost.decision.reason == .nonceUsed)
        #expect(store.asked.withLock { $0.count } == 2)
    }

    @Test func outcomesOfAStoreThatIsAway() throws {
        let (policy, memory, world) = world(Elsewhere())
        var decision = try decision(world, policy, memory)
        decision.cookie = .none
        let refused = try pending(memory.carryOut(decision, policy, at: world.now))
        refused.outcome = .unverified
        guard case .decided(let settled) = memory.carryOut(decision, policy, at: world.now, pending: refused) else {
            throw Missing()
        }
        #expect(settled.decision.outcome == .refused && settled.decision.reason == .nonceUnverified)
        let failed = try pending(memory.carryOut(decision, policy, at: world.now))
        failed.outcome = .unavailable
        guard case .failed(.nonceStoreUnavailable) = memory.carryOut(decision, policy, at: world.now, pending: failed)
        else { throw Missing() }
    }

    @Test func aDecisionIsNotKeptUnderAnotherPolicy() throws {
        let (policy, memory, world) = world(Elsewhere())
        let decision = try decision(world, policy, memory)
        let claim = try #require(decision.claim)
        let pending = PendingClaim(claim, of: decision, generation: policy.generation)
        #expect(pending.decision(under: policy) != nil)
        #expect(pending.decision(under: TestWorld().policy) == nil)
    }

    @Test func requestsAreHashedAlikeEverywhereAndByNonce() throws {
        let (policy, memory, world) = world(Elsewhere())
        let first = try #require(try decision(world, policy, memory).claim)
        let same = try #require(try decision(world, policy, memory).claim)
        let other = try #require(try decision(world, policy, memory, id: "s").claim)
        #expect(first.request == same.request && first.request != other.request && first.request != 0)
        #expect(first.shared == other.shared && first.shared != CacheKey(high: 0, low: 0))
        #expect(try #require(try decision(world, policy, memory, id: "").claim).request == 0)
    }
}
