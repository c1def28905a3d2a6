// Whose large form is next, and what has to go.

import Sessions
import Storage
import Synchronization
import TestSupport
import Testing

/// A check that does nothing.
private func check(of owner: UInt64, _ bytes: Int) -> DetachedCheck {
    DetachedCheck(Workload(owner: owner, bytes: bytes)) { _, _ in .failed(.unresolved) }
}

private func job(of owner: UInt64, _ bytes: Int) -> FormQueue.Job {
    FormQueue.Job(check: check(of: owner, bytes), now: now) { _ in }
}

@Suite struct FormQueueTests {
    private let attacker: UInt64 = 1, honest: UInt64 = 2

    /// The owners of the jobs that come next, one at a time, while `refill` adds more.
    private func order(_ queue: inout FormQueue, count: Int, refill: (inout FormQueue) -> Void = { _ in }) -> [UInt64] {
        (0..<count).compactMap { _ in
            guard let job = queue.next() else { return nil }
            queue.finish(job.check.workload.owner)
            refill(&queue)
            return job.check.workload.owner
        }
    }

    @Test func aShortFormIsNextWhateverWaitsOfAnother() {
        var queue = FormQueue(maxJobs: 64, maxBytes: 1 << 30)
        for _ in 0..<10 { #expect(queue.add(job(of: attacker, 8 << 20)).isEmpty) }
        #expect(queue.add(job(of: honest, 100_000)).isEmpty)
        #expect(order(&queue, count: 3) == [honest, attacker, attacker])
    }

    /// The shorter forms of a client that never stops sending them don't hold up a longer one for ever.
    @Test(arguments: [false, true]) func noClientStarves(isAlwaysWaiting: Bool) {
        var queue = FormQueue(maxJobs: 64, maxBytes: 1 << 30)
        for _ in 0..<(isAlwaysWaiting ? 10 : 1) { _ = queue.add(job(of: attacker, 70_000)) }
        _ = queue.add(job(of: honest, 700_000))
        let served = order(&queue, count: 20) { _ = $0.add(job(of: attacker, 70_000)) }
        let turn = served.firstIndex(of: honest)
        #expect(turn.map { $0 <= 11 } == true)
    }

    @Test func anOwnersShortestIsItsFirst() {
        var queue = FormQueue(maxJobs: 64, maxBytes: 1 << 30)
        for bytes in [3_000_000, 100_000, 2_000_000] { _ = queue.add(job(of: honest, bytes)) }
        var sizes: [Int] = []
        while let job = queue.next() {
            sizes.append(job.bytes)
            queue.finish(honest)
        }
        #expect(sizes == [100_000, 2_000_000, 3_000_000])
    }

    @Test func oneAtATimeOfAnOwner() {
        var queue = FormQueue(maxJobs: 64, maxBytes: 1 << 30)
        for _ in 0..<2 { _ = queue.add(job(of: attacker, 100_000)) }
        #expect(queue.next() != nil && queue.next() == nil && !queue.hasNext)
        _ = queue.add(job(of: honest, 9_000_000))
        #expect(queue.hasNext && queue.next()?.check.workload.owner == honest)
        queue.finish(attacker)
        #expect(queue.next()?.check.workload.owner == attacker && queue.next() == nil)
    }

    /// Too many, or too many bytes: the one with the most loses its largest.
    @Test(arguments: [(10, 1 << 30), (1000, 10_000_000)]) func theGreediestLoses(maxJobs: Int, maxBytes: Int) {
        var queue = FormQueue(maxJobs: maxJobs, maxBytes: maxBytes)
        _ = queue.add(job(of: honest, 100_000))
        var dropped: [FormQueue.Dropped] = []
        for index in 0..<100 { dropped += queue.add(job(of: attacker, 1_000_000 + index)) }
        _ = queue.add(job(of: 3, 200_000))
        dropped += queue.add(job(of: honest, 100_000))
        #expect(dropped.allSatisfy { $0.job.check.workload.owner == attacker && $0.fault == .overloaded })
        #expect(queue.count <= maxJobs && queue.bytes <= maxBytes && dropped.count > 80)
        #expect(Set(order(&queue, count: 3)) == [honest, 3])
    }

    /// However many addresses a stranger has, a client that is known keeps its place.
    @Test func strangersLoseFirst() {
        var queue = FormQueue(maxJobs: 10, maxBytes: 10_000_000)
        #expect(queue.add(job(of: honest, 2_000_000)).isEmpty)
        var dropped: [FormQueue.Dropped] = []
        for address in 100..<UInt64(200) {
            let check = DetachedCheck(Workload(owner: address, bytes: 9000, isForStranger: true)) { _, _ in
                .failed(.unresolved)
            }
            dropped += queue.add(FormQueue.Job(check: check, now: now) { _ in })
        }
        #expect(dropped.count == 91 && dropped.allSatisfy { $0.job.check.workload.owner != honest })
        #expect(order(&queue, count: 10).contains(honest))
    }

    /// One that is larger than all that may wait is checked all the same.
    @Test func aSingleFormAlwaysHasRoom() {
        var queue = FormQueue(maxJobs: 2, maxBytes: 1000)
        #expect(queue.add(job(of: honest, 9_000_000)).isEmpty)
        #expect(queue.next() != nil)
    }

    @Test func whatWasGivenUpIsDropped() {
        var queue = FormQueue(maxJobs: 64, maxBytes: 1 << 30)
        let jobs = (0..<3).map { _ in job(of: attacker, 100_000) }
        for job in jobs { _ = queue.add(job) }
        jobs[0].check.giveUp()
        jobs[2].check.giveUp()
        let dropped = queue.sweep()
        #expect(Set(dropped.map(\.job.check)) == [jobs[0].check, jobs[2].check])
        #expect(dropped.allSatisfy { $0.fault == .deadlineExceeded })
        #expect(queue.count == 1 && queue.bytes == 100_000 && queue.next()?.check == jobs[1].check)
    }

    /// Thousands of jobs in any order: each comes out once, or is dropped, and nothing is left.
    @Test func nothingIsLost() {
        var queue = FormQueue(maxJobs: 20, maxBytes: 5_000_000)
        var state: UInt64 = 3
        var (added, over) = (0, 0)
        var underWay: [UInt64] = []
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = state >> 33
            switch number % 4 {
            case 0, 1:
                let job = job(of: number % 7, Int(number % 900_000))
                if number % 11 == 0 { job.check.giveUp() }
                added += 1
                over += queue.add(job).count
            case 2:
                guard let job = queue.next() else { break }
                over += 1
                #expect(!underWay.contains(job.check.workload.owner))
                underWay.append(job.check.workload.owner)
            default:
                if let owner = underWay.popLast() { queue.finish(owner) }
            }
        }
        over += queue.stop().count
        #expect(added == over && queue.count == 0 && queue.bytes == 0)
        #expect(queue.add(job(of: 1, 1)).first?.fault == .storeUnavailable)
    }
}

@Suite struct FormLaneTests {
    private func lane(threads: Int, forms: Int = 64, work: @escaping FormLane.Work) -> FormLane {
        var limits = StoreWorkers.Limits()
        limits.formThreads = threads
        limits.forms = forms
        return FormLane(limits, work: work)
    }

    /// Forms of different owners are checked beside each other, those of one are not.
    @Test func asManyThreadsAsOwners() async {
        let counts = Mutex<(now: [UInt64: Int], most: Int, mostOfOne: Int)>(([:], 0, 0))
        let lane = lane(threads: 4) { check, _ in
            counts.withLock { counts in
                counts.now[check.workload.owner, default: 0] += 1
                counts.most = max(counts.most, counts.now.values.reduce(0, +))
                counts.mostOfOne = max(counts.mostOfOne, counts.now.values.max() ?? 0)
            }
            sleepABit()
            counts.withLock { $0.now[check.workload.owner, default: 0] -= 1 }
            return nil
        }
        await withTaskGroup(of: Fault?.self) { group in
            for number in 0..<60 {
                group.addTask {
                    await withCheckedContinuation { done in
                        lane.resolve(check(of: UInt64(number % 3), 100_000), at: now) { done.resume(returning: $0) }
                    }
                }
            }
            for await fault in group { #expect(fault == nil) }
        }
        await lane.shutdown()
        #expect(counts.withLock { $0.most } == 3 && counts.withLock { $0.mostOfOne } == 1)
        #expect(lane.statistics.resolved == 60 && lane.statistics.pending == 0)
    }

    @Test func whatIsGivenUpInLineIsNotBegun() async {
        let isOpen = Atomic<Bool>(false)
        let begun = Atomic<Int>(0)
        let lane = lane(threads: 1) { _, _ in
            begun.add(1, ordering: .relaxed)
            while !isOpen.load(ordering: .relaxed) { sleepABit() }
            return nil
        }
        let faults = Mutex<[Fault?]>([])
        let checks = (0..<5).map { check(of: UInt64($0), 100_000) }
        for check in checks { lane.resolve(check, at: now) { fault in faults.withLock { $0.append(fault) } } }
        while begun.load(ordering: .relaxed) == 0 { await Task.yield() }
        for check in checks.dropFirst() { check.giveUp() }
        isOpen.store(true, ordering: .relaxed)
        while lane.statistics.pending > 0 { await Task.yield() }
        await lane.shutdown()
        #expect(faults.withLock { $0.count { $0 == .deadlineExceeded } } == 4 || begun.load(ordering: .relaxed) == 2)
        #expect(faults.withLock { $0.count } == 5 && begun.load(ordering: .relaxed) <= 2)
    }

    @Test func noRoomIsAnOverload() async {
        let isOpen = Atomic<Bool>(false)
        let lane = lane(threads: 1, forms: 2) { _, _ in
            while !isOpen.load(ordering: .relaxed) { sleepABit() }
            return nil
        }
        let faults = Mutex<[Fault?]>([])
        for _ in 0..<20 {
            lane.resolve(check(of: 1, 100_000), at: now) { fault in faults.withLock { $0.append(fault) } }
        }
        #expect(faults.withLock { $0.count { $0 == .overloaded } } >= 17)
        isOpen.store(true, ordering: .relaxed)
        while lane.statistics.pending > 0 { await Task.yield() }
        await lane.shutdown()
        #expect(faults.withLock { $0.count } == 20)
        #expect(lane.statistics.refused + lane.statistics.resolved == 20)
    }
}
