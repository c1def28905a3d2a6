// Reads the rows of lookups, unless the store is away. Then checks go on with rows in memory that have expired, if there are any.

import Sessions
import Synchronization

/// Makes lookups of rows, in batches.
final class RowReader: Sendable {
    private let directory: any SnapshotDirectory
    private let timings: StoreTimings
    private let stale: StoreWorkers.Stale
    private let loading: @Sendable () -> StoreWorkers.Load
    private let breaker = Mutex(CircuitBreaker())
    private let staleCount = Atomic<Int>(0)

    init(
        _ directory: any SnapshotDirectory, _ timings: StoreTimings, stale: @escaping StoreWorkers.Stale,
        loading: @escaping @Sendable () -> StoreWorkers.Load
    ) {
        self.directory = directory
        self.timings = timings
        self.stale = stale
        self.loading = loading
    }

    /// Makes the lookups in one transaction, and calls `done` once for each. When it can't begin, or the store is not to be asked,
    /// all of them fail.
    func read(_ jobs: [PendingLookups.Job], _ done: (Lookup, Fault?) -> Void) {
        func finish(_ job: PendingLookups.Job, _ fault: Fault?) {
            let goesOn = fault == .storeUnavailable && useStale(job.lookup, at: job.now)
            done(job.lookup, goesOn ? nil : fault)
        }
        guard let attempt = breaker.withLock({ $0.begin(at: .now) }) else {
            for job in jobs { finish(job, .storeUnavailable) }
            return
        }
        // Taken before the store is asked, see StoreWorkers.
        let load = loading()
        var next = 0
        var isAnswering = false
        // It stays so when reading can't begin.
        var only: Lookup?
        try? directory.snapshot(of: jobs.compactMap { RowRequest($0.lookup) }) { directory in
            if jobs.count == 1 { only = jobs[0].lookup }
            while next < jobs.count {
                let job = jobs[next]
                next += 1
                let fault = timings.measure(timings.rows) { () -> Fault? in
                    StoreWorkers.fault { () throws(Fault) in try load(job.lookup, job.now, directory) }
                }
                if fault == nil { timings.noteRead() }
                isAnswering = isAnswering || fault != .storeUnavailable
                finish(job, fault)
            }
        }
        breaker.withLock { $0.end(attempt, isAnswering: isAnswering, lookup: only, at: .now) }
        for job in jobs[next...] { finish(job, .storeUnavailable) }
    }

    /// Whether a batch has been under way for longer than a store that works would take.
    var isHanging: Bool { breaker.withLock { $0.isHanging(at: .now) } }
    /// Whether the store is not asked, or does not answer.
    var isStoreAway: Bool { breaker.withLock { $0.isOpen || $0.isHanging(at: .now) } }
    /// Lookups that were answered with expired rows.
    var staleLookups: Int { staleCount.load(ordering: .relaxed) }

    /// Whether the checks that wait for `lookup` can go on with expired rows, which count a little longer now.
    func useStale(_ lookup: Lookup, at now: Timestamp) -> Bool {
        guard stale(lookup, now) else { return false }
        staleCount.add(1, ordering: .relaxed)
        return true
    }
}
