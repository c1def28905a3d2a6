// Lookups on workers: each once, everybody told once, bounded, whatever fails.

import Sessions
import Cryptography
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

/// Closed until it is opened.
private final class Latch: Sendable {
    private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// For a worker's thread.
    func block() {
        while !state.withLock({ $0.isOpen }) { sleepABit() }
    }
}

func sleepABit() {
    var request = timespec(tv_sec: 0, tv_nsec: 200_000)
    nanosleep(&request, nil)
}

extension StoreWorkers {
    fileprivate func resolve(_ lookup: Lookup) async -> Fault? {
        await withCheckedContinuation { continuation in
            resolve(lookup, at: now) { continuation.resume(returning: $0) }
        }
    }
}

private func cookie(_ id: Int64) -> Lookup {
    .cookie(CookieClaims(userID: id, issuer: "https://wiki.test", rateLimitClass: ""))
}

@Suite struct StoreWorkersTests {
    @Test func eachLookupOnce() async {
        let loads = Mutex<[Lookup]>([])
        let gate = Latch()
        let workers = StoreWorkers(directory: InMemoryDirectory()) { lookup, clock, _ in
            gate.block()
            #expect(clock == now)
            loads.withLock { $0.append(lookup) }
        }
        let lookups: [Lookup] = [
            .user(id: 1), .user(id: 2), .oauth1(consumerKey: [1], token: [2]), .oauth1(consumerKey: [1], token: [3]),
            .oauth2(AccessTokenClaims(rowsKey: CacheKey(high: 1, low: 1), tokenID: [1], clientID: [2])),
            .oauth2(AccessTokenClaims(rowsKey: CacheKey(high: 1, low: 2), tokenID: [1], clientID: [2], subject: 1)),
            cookie(1), cookie(2),
        ]
        let told = Mutex(0)
        let all = Latch()
        for _ in 0..<50 {
            for lookup in lookups {
                workers.resolve(lookup, at: now) { fault in
                    #expect(fault == nil)
                    if told.withLock({
                        $0 += 1; return $0
                    }) == 50 * lookups.count {
                        all.open()
                    }
                }
            }
        }
        #expect(workers.rowStatistics.pending == 6)
        #expect(workers.cookieStatistics.pending == 2)
        gate.open()
        await all.wait()
        #expect(loads.withLock { Set($0) } == Set(lookups))
        #expect(loads.withLock { $0.count } == lookups.count)
        // What is over is fetched anew.
        #expect(await workers.resolve(.user(id: 1)) == nil)
        #expect(loads.withLock { $0.count } == lookups.count + 1)
        await workers.shutdown()
        #expect(workers.rowStatistics.resolved == 7)
        #expect(workers.rowStatistics.pending == 0)
    }

    @Test func faultsReachEverybody() async {
        let workers = StoreWorkers(directory: InMemoryDirectory()) { lookup, _, _ throws(Fault) in
            throw lookup == .user(id: 1) ? .storeUnavailable : .keyUnavailable
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { #expect(await workers.resolve(.user(id: 1)) == .storeUnavailable) }
                group.addTask { #expect(await workers.resolve(cookie(1)) == .keyUnavailable) }
            }
        }
        await workers.shutdown()
        #expect(workers.rowStatistics.resolved == 0)
        #expect(workers.rowStatistics.failed > 0)
        #expect(workers.cookieStatistics.failed > 0)
    }

    /// A directory that is down fails the lookups of the whole transaction, and later ones succeed again.
    @Test func directoryDown() async {
        let directory = InMemoryDirectory()
        directory.fail(with: StoreError(.noSuchFile, file: "wiki.sqlite"))
        let workers = StoreWorkers(directory: directory) { _, _, _ in }
        await withTaskGroup(of: Void.self) { group in
            for id in 0..<100 {
                group.addTask { #expect(await workers.resolve(.user(id: Int64(id))) == .storeUnavailable) }
            }
        }
        // Cookies need no directory.
        #expect(await workers.resolve(cookie(1)) == nil)
        directory.fail(with: nil)
        // It was left alone for a moment.
        for _ in 0..<1000 where await workers.resolve(.user(id: 1)) != nil {
            try? await Task.sleep(for: .milliseconds(10))
        }
        #expect(await workers.resolve(.user(id: 1)) == nil)
        await workers.shutdown()
    }

    /// What waits is read together.
    @Test func batches() async {
        let directory = InMemoryDirectory()
        let gate = Latch()
        var limits = StoreWorkers.Limits()
        limits.rowThreads = 1
        limits.batch = 10
        let workers = StoreWorkers(directory: directory, limits: limits) { lookup, _, _ in gate.block() }
        let told = Mutex(0)
        let all = Latch()
        for id in 0..<100 {
            workers.resolve(.user(id: Int64(id)), at: now) { _ in
                if told.withLock({
                    $0 += 1; return $0
                }) == 100 {
                    all.open()
                }
            }
        }
        gate.open()
        await all.wait()
        // One job or several for the first, ten at a time after it.
        #expect((10...11).contains(directory.snapshots))
        await workers.shutdown()
    }

    @Test func boundedLookups() async {
        let gate = Latch()
        var limits = StoreWorkers.Limits()
        limits.lookups = 3
        let workers = StoreWorkers(directory: InMemoryDirectory(), limits: limits) { _, _, _ in gate.block() }
        let faults = Mutex<[Fault?]>([])
        for id in 0..<5 {
            workers.resolve(.user(id: Int64(id)), at: now) { fault in faults.withLock { $0.append(fault) } }
        }
        // Refused at once; one that is on its way can still be waited for.
        #expect(faults.withLock { $0 } == [.overloaded, .overloaded])
        async let joined = workers.resolve(.user(id: 1))
        gate.open()
        #expect(await joined == nil)
        #expect(await workers.resolve(.user(id: 4)) == nil)
        while workers.rowStatistics.pending > 0 { await Task.yield() }
        await workers.shutdown()
        #expect(faults.withLock { $0.filter { $0 == nil }.count } == 3)
        #expect(workers.rowStatistics.refused == 2)
    }

    @Test func boundedWaiters() async {
        let gate = Latch()
        var limits = StoreWorkers.Limits()
        limits.waiters = 4
        let workers = StoreWorkers(directory: InMemoryDirectory(), limits: limits) { _, _, _ in gate.block() }
        let faults = Mutex<[Fault?]>([])
        for _ in 0..<10 { workers.resolve(.user(id: 1), at: now) { fault in faults.withLock { $0.append(fault) } } }
        #expect(faults.withLock { $0 } == Array(repeating: .overloaded, count: 6))
        gate.open()
        while workers.rowStatistics.pending > 0 { await Task.yield() }
        await workers.shutdown()
        #expect(faults.withLock { $0.filter { $0 == nil }.count } == 4)
        #expect(faults.withLock { $0.count } == 10)
    }

    /// Ten thousand cookies to sign do not hold up others' rows.
    @Test func rowsDoNotWaitForCookies() async {
        let gate = Latch()
        let workers = StoreWorkers(directory: InMemoryDirectory()) { lookup, _, _ in
            if case .cookie = lookup { gate.block() }
        }
        let signed = Mutex(0)
        for id in 0..<10_000 {
            workers.resolve(cookie(Int64(id)), at: now) { fault in signed.withLock { $0 += fault == nil ? 1 : 0 } }
        }
        #expect(await workers.resolve(.user(id: 1)) == nil)
        #expect(signed.withLock { $0 } == 0)
        gate.open()
        while workers.cookieStatistics.pending > 0 { await Task.yield() }
        await workers.shutdown()
        #expect(signed.withLock { $0 } == 10_000)
    }

    /// What runs is finished, what is queued fails, what comes later fails: nobody waits for ever.
    @Test func shutdownTellsEverybody() async {
        let gate = Latch()
        let started = Latch()
        var limits = StoreWorkers.Limits()
        limits.rowThreads = 1
        limits.batch = 1
        let workers = StoreWorkers(directory: InMemoryDirectory(), limits: limits) { _, _, _ in
            started.open()
            gate.block()
        }
        let faults = Mutex<[Fault?]>([])
        for id in 0..<10 {
            workers.resolve(.user(id: Int64(id)), at: now) { fault in faults.withLock { $0.append(fault) } }
        }
        await started.wait()
        async let done: Void = workers.shutdown()
        while faults.withLock({ $0.count }) < 9 { await Task.yield() }
        #expect(faults.withLock { $0 } == Array(repeating: .storeUnavailable, count: 9))
        gate.open()
        await done
        #expect(faults.withLock { $0.last } == .some(nil))
        #expect(await workers.resolve(.user(id: 1)) == .storeUnavailable)
        #expect(await workers.resolve(cookie(1)) == .storeUnavailable)
        await workers.shutdown()
        #expect(faults.withLock { $0.count } == 10)
    }

    private final class Answers: Sendable {
        let counts = Mutex([Int](repeating: 0, count: 8 * 2000))
    }

    /// Many threads, few lookups, all the races: as many answers as questions, and each of them once.
    @Test func stress() async {
        let workers = StoreWorkers(directory: InMemoryDirectory()) { lookup, _, _ throws(Fault) in
            if lookup == .user(id: 3) { throw .storeUnavailable }
        }
        let answers = Answers()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<2000 {
                        let lookup: Lookup = round % 3 == 0 ? cookie(Int64(round % 7)) : .user(id: Int64(round % 11))
                        let fault = await workers.resolve(lookup)
                        #expect((fault != nil) == (lookup == .user(id: 3)))
                        answers.counts.withLock { $0[task * 2000 + round] += 1 }
                    }
                }
            }
        }
        await workers.shutdown()
        #expect(answers.counts.withLock { $0.allSatisfy { $0 == 1 } })
        #expect(workers.rowStatistics.pending == 0)
        #expect(workers.cookieStatistics.pending == 0)
    }

    /// With the real loader: what was read is in the memory that checks read.
    @Test func fillsTheMemory() async throws {
        let folder = try TemporaryFolder()
        let database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
        try database.addUser(7, "Alice")
        let keys = KeyRing(accessTokenKeys: [], signer: try .generate(), alsoPublished: [])
        let policy = CurrentPolicy(Policy(settings: Settings(), keys: keys))
        let memory = Memory(policy.value.settings)
        let directory = try SQLiteDirectory(file: folder.file("wiki.sqlite"))
        let workers = StoreWorkers(policy: policy, memory: memory, directory: directory)
        #expect(await workers.resolve(.user(id: 7)) == nil)
        #expect(await workers.resolve(cookie(7)) == nil)
        let counts = Dictionary(uniqueKeysWithValues: memory.counts.map { ("\($0.name)", $0.count) })
        #expect(counts["users"] == 1)
        #expect(counts["minted"] == 1)
        await workers.shutdown()
    }

    /// Asked again and again, it says what was last found; of a directory that does not come back, nothing new.
    @Test func theStoreIsProbed() async {
        let directory = InMemoryDirectory()
        let workers = StoreWorkers(directory: directory) { _, _, _ in }
        func settle(_ isExpected: (String?) -> Bool) async -> Bool {
            for _ in 0..<2000 {
                workers.probeStore()
                if isExpected(workers.storeProblem) { return true }
                try? await Task.sleep(for: .milliseconds(1))
            }
            return false
        }
        #expect(workers.storeProblem == nil)
        directory.fail(with: StoreError(.noSuchFile, file: "wiki.sqlite"))
        #expect(await settle { $0 == "wiki.sqlite: there is no such file" })
        directory.fail(with: nil)
        #expect(await settle { $0 == nil })
        #expect(directory.snapshots >= 2)
        await workers.shutdown()
    }
}
