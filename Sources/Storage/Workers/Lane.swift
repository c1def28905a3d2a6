// A queue of lookups with the threads that make them.

import Sessions
import Synchronization

/// Lookups of one kind and their threads.
final class Lane: Sendable {
    /// Makes the lookups and calls `done` once for each.
    typealias Work = @Sendable (_ jobs: [PendingLookups.Job], _ done: (Lookup, Fault?) -> Void) -> Void

    private struct State: ~Copyable {
        var pending: PendingLookups
        /// Threads that are working.
        var active = 0
        var statistics = StoreWorkers.Statistics()
    }

    private let state: Mutex<State>
    private let threads: WorkerThreads
    private let batch: Int
    private let work: Work

    init(threads: Int, batch: Int, limits: StoreWorkers.Limits, work: @escaping Work) {
        self.threads = WorkerThreads(max(1, threads))
        self.batch = max(1, batch)
        self.work = work
        state = Mutex(State(pending: PendingLookups(limits)))
    }

    func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping PendingLookups.Completion) {
        let (fault, isWorkerNeeded) = state.withLock { state -> (Fault?, Bool) in
            let fault = state.pending.join(lookup, at: now, completion)
            if fault != nil { state.statistics.refused += 1 }
            // More threads than queued jobs would find nothing to do.
            guard state.active < threads.count, state.active < state.pending.queued else { return (fault, false) }
            state.active += 1
            return (fault, true)
        }
        if isWorkerNeeded { threads.run { [self] in workOff() } }
        if let fault { completion(fault) }
    }

    /// Runs on one of the threads until nothing is queued.
    private func workOff() {
        while case let jobs = nextJobs(), !jobs.isEmpty {
            work(jobs) { lookup, fault in finish(lookup, fault) }
        }
    }

    private func nextJobs() -> [PendingLookups.Job] {
        state.withLock { state in
            // The threads share the queue, so that none is idle while another has many jobs left.
            let share = (state.pending.queued + threads.count - 1) / threads.count
            let jobs = state.pending.take(atMost: min(batch, share))
            if jobs.isEmpty { state.active -= 1 }
            return jobs
        }
    }

    /// Ends those of the lookups queued and under way without a fault that `isDone` is true for.
    func finish(where isDone: (Lookup) -> Bool) {
        let completions = state.withLock { $0.pending.finish(where: isDone) }
        for completion in completions { completion(nil) }
    }

    private func finish(_ lookup: Lookup, _ fault: Fault?) {
        let completions = state.withLock { state in
            if fault == nil { state.statistics.resolved += 1 } else { state.statistics.failed += 1 }
            return state.pending.finish(lookup)
        }
        for completion in completions { completion(fault) }
    }

    /// Counts so far.
    var statistics: StoreWorkers.Statistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.pending = state.pending.count
            return statistics
        }
    }

    /// Fails what is queued, finishes what is under way, and ends the threads.
    func shutdown() async {
        let completions = state.withLock { $0.pending.stop() }
        for completion in completions { completion(.storeUnavailable) }
        await threads.shutdown()
    }
}
