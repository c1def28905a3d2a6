// A store that fails, hangs, and comes back: when it is asked, and what the checks that wait are told.

import Sessions
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    private func failing(_ breaker: inout CircuitBreaker, times: Int) {
        for _ in 0..<times {
            if let attempt = breaker.begin(at: start) { breaker.end(attempt, isAnswering: false, at: start) }
        }
    }

    @Test func aStoreThatFailsAgainAndAgainIsLeftAlone() {
        var breaker = CircuitBreaker()
        failing(&breaker, times: 2)
        #expect(!breaker.isOpen)
        failing(&breaker, times: 1)
        #expect(breaker.isOpen && breaker.begin(at: start) == nil)
        // Then one batch at a time finds out.
        let later = start + .milliseconds(250)
        let attempt = breaker.begin(at: later)
        #expect(attempt != nil && breaker.begin(at: later) == nil)
        if let attempt { breaker.end(attempt, isAnswering: true, at: later) }
        #expect(!breaker.isOpen && breaker.begin(at: later) != nil)
    }

    @Test func pausesGrowToABound() {
        var breaker = CircuitBreaker()
        failing(&breaker, times: 3)
        var now = start
        for _ in 0..<10 {
            now += .seconds(10)
            if let attempt = breaker.begin(at: now) { breaker.end(attempt, isAnswering: false, at: now) }
        }
        #expect(breaker.begin(at: now + .milliseconds(1499)) == nil)
        #expect(breaker.begin(at: now + .milliseconds(2500)) != nil)
    }

    @Test func successesBetweenFailuresKeepItClosed() {
        var breaker = CircuitBreaker()
        for _ in 0..<10 {
            failing(&breaker, times: 2)
            if let attempt = breaker.begin(at: start) { breaker.end(attempt, isAnswering: true, at: start) }
        }
        #expect(!breaker.isOpen)
    }

    /// A row that can't be read must not keep all others from being read.
    @Test func oneLookupThatFailsSaysNothingAboutTheStore() {
        var breaker = CircuitBreaker()
        for id in [3, 3, 3, 3, 3, 4, 4] {
            if let attempt = breaker.begin(at: start) {
                breaker.end(attempt, isAnswering: false, lookup: .user(id: Int64(id)), at: start)
            }
        }
        #expect(!breaker.isOpen)
        if let attempt = breaker.begin(at: start) {
            breaker.end(attempt, isAnswering: false, lookup: .user(id: 5), at: start)
        }
        #expect(breaker.isOpen)
    }

    @Test func aBatchThatTakesTooLongIsNoticed() {
        var breaker = CircuitBreaker()
        let attempt = breaker.begin(at: start)
        #expect(!breaker.isHanging(at: start + .milliseconds(750)))
        #expect(breaker.isHanging(at: start + .milliseconds(751)))
        if let attempt { breaker.end(attempt, isAnswering: true, at: start + .seconds(1)) }
        #expect(!breaker.isHanging(at: start + .seconds(2)))
    }
}

private func pause() async { try? await Task.sleep(for: .milliseconds(10)) }

@Suite struct OutageTests {
    private let settings = Settings()
    private let directory = InMemoryDirectory(users: [User(id: 7, name: "Alice")])
    private let begin = Timestamp(seconds: 1_772_366_400)

    private func resolve(_ workers: StoreWorkers, _ lookup: Lookup, at now: Timestamp) async -> Fault? {
        await withCheckedContinuation { continuation in
            workers.resolve(lookup, at: now) { continuation.resume(returning: $0) }
        }
    }

    private func makeWorkers() -> StoreWorkers {
        let policy = CurrentPolicy(
            Policy(settings: settings, keys: KeyRing(accessTokenKeys: [], signer: nil, alsoPublished: [])))
        return StoreWorkers(policy: policy, memory: Memory(settings), directory: directory)
    }

    @Test func theKnownGoesOnAndTheUnknownFails() async {
        let workers = makeWorkers()
        #expect(await resolve(workers, .user(id: 7), at: begin) == nil)
        directory.fail(with: StoreError(.noSuchFile, file: "wiki.sqlite"))
        let later = begin.advanced(milliseconds: 60_000)
        #expect(await resolve(workers, .user(id: 8), at: later) == .storeUnavailable)
        #expect(await resolve(workers, .user(id: 7), at: later) == nil)
        #expect(workers.staleLookups == 1)
        // Until it is left alone, and then too.
        for _ in 0..<5 { #expect(await resolve(workers, .user(id: 8), at: later) == .storeUnavailable) }
        #expect(workers.isStoreAway)
        #expect(await resolve(workers, .user(id: 7), at: later) == nil)
        #expect(await resolve(workers, .user(id: 7), at: begin.advanced(milliseconds: 310_000)) == .storeUnavailable)
        // It is back, and asked again by itself.
        directory.fail(with: nil)
        for _ in 0..<1000 where await resolve(workers, .user(id: 8), at: later) != nil { await pause() }
        #expect(await resolve(workers, .user(id: 8), at: later) == nil)
        await workers.shutdown()
    }

    /// A database that does not answer at all keeps the threads; the checks of those who are known do not wait for it.
    @Test func aStoreThatHangsHoldsUpOnlyTheUnknown() async {
        let isHeld = Atomic<Bool>(true)
        let workers = StoreWorkers(directory: directory, stale: { lookup, _ in lookup == .user(id: 7) }) { _, _, _ in
            while isHeld.load(ordering: .relaxed) { sleepABit() }
        }
        let now = begin
        async let known = resolve(workers, .user(id: 7), at: now)
        async let unknown = resolve(workers, .user(id: 8), at: now)
        // It waited since before this was noticed.
        let relief = Task {
            while !Task.isCancelled {
                workers.relieve(at: now)
                await pause()
            }
        }
        #expect(await known == nil)
        relief.cancel()
        // Those that come now do not wait at all.
        #expect(await resolve(workers, .user(id: 7), at: now) == nil)
        #expect(workers.staleLookups == 2 && workers.rowStatistics.pending >= 1)
        isHeld.store(false, ordering: .relaxed)
        #expect(await unknown == nil)
        await workers.shutdown()
    }
}

extension Timestamp {
    fileprivate func advanced(milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds + milliseconds)
    }
}
