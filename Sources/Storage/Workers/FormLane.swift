// The threads that check large forms: as many as the machine has to give, at a low priority, so that requests that an event loop
// answers by itself are not delayed.

import Sessions
import NIOCore
import Synchronization

/// A queue of large forms and its threads.
package final class FormLane: Sendable {
    /// Makes a check; returns why it failed, nil when it did not.
    package typealias Work = @Sendable (DetachedCheck, Timestamp) -> Fault?

    private struct State: ~Copyable {
        var queue: FormQueue
        /// Threads that are working.
        var active = 0
        /// Checks that are being made.
        var underWay = 0
        var statistics = StoreWorkers.Statistics()
    }

    private let state: Mutex<State>
    private let threads: WorkerThreads
    private let work: Work

    package init(_ limits: StoreWorkers.Limits, work: @escaping Work) {
        threads = WorkerThreads(limits.formThreads > 0 ? limits.formThreads : System.coreCount)
        self.work = work
        state = Mutex(State(queue: FormQueue(maxJobs: limits.forms, maxBytes: limits.formBytes)))
    }

    /// Has `check` made, and calls `completion` once: on a worker, or at once when there is no room for it.
    package func resolve(_ check: DetachedCheck, at now: Timestamp, completion: @escaping FormQueue.Completion) {
        let (dropped, isWorkerNeeded) = state.withLock { state in
            let dropped = state.queue.add(FormQueue.Job(check: check, now: now, completion: completion))
            state.statistics.count(dropped)
            guard state.active < threads.count, state.queue.hasNext else { return (dropped, false) }
            state.active += 1
            return (dropped, true)
        }
        if isWorkerNeeded { threads.run { [self] in workOff() } }
        tell(dropped)
    }

    /// Runs on one of the threads until there is nothing that it could do.
    private func workOff() {
        while let job = next() {
            let fault = job.check.isGivenUp ? .deadlineExceeded : work(job.check, job.now)
            state.withLock { state in
                state.queue.finish(job.check.workload.owner)
                state.underWay -= 1
                if fault == nil { state.statistics.resolved += 1 } else { state.statistics.failed += 1 }
            }
            job.completion(fault)
        }
    }

    private func next() -> FormQueue.Job? {
        let (job, dropped) = state.withLock { state in
            let dropped = state.queue.sweep()
            state.statistics.count(dropped)
            let job = state.queue.next()
            if job == nil { state.active -= 1 } else { state.underWay += 1 }
            return (job, dropped)
        }
        tell(dropped)
        return job
    }

    private func tell(_ dropped: [FormQueue.Dropped]) {
        for (job, fault) in dropped { job.completion(fault) }
    }

    /// Counts so far.
    package var statistics: StoreWorkers.Statistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.pending = state.queue.count + state.underWay
            return statistics
        }
    }

    /// Fails what waits, finishes what is under way, and ends the threads.
    package func shutdown() async {
        tell(state.withLock { $0.queue.stop() })
        await threads.shutdown()
    }
}

extension StoreWorkers.Statistics {
    /// Counts jobs that were over before they were begun.
    fileprivate mutating func count(_ dropped: [FormQueue.Dropped]) {
        for (_, fault) in dropped {
            if fault == .overloaded { refused += 1 } else { failed += 1 }
        }
    }
}
