// Checks of large forms that wait for a thread. Whose turn it is goes by bytes, so that a client with a short form waits for no more
// than a client with a long one has had of late ("Start-time Fair Queueing", Goyal, Vin and Cheng 1996):
//
//     owner A:  [8 MiB] [8 MiB] [8 MiB]      one of them at a time is under way
//     owner B:  [100 KiB]                    ends before another one of A's would: it is next
//
// When too much waits, the owner with the most loses its largest, strangers before clients that are known. What was given up is
// dropped.
//
// This is a value without locks or threads; the lane around it has both.

import Sessions

/// Waiting checks, in bounded number and bytes; one of each owner at a time is taken.
package struct FormQueue {
    package typealias Completion = @Sendable (Fault?) -> Void

    /// A check, its clock, and who is told of its end.
    package struct Job: Sendable {
        package let check: DetachedCheck
        let now: Timestamp
        let completion: Completion

        package init(check: DetachedCheck, now: Timestamp, completion: @escaping Completion) {
            self.check = check
            self.now = now
            self.completion = completion
        }

        package var bytes: Int { check.workload.bytes }
    }

    /// A job that is over before it was begun.
    package typealias Dropped = (job: Job, fault: Fault)

    private struct Owner {
        var jobs: [Job] = []
        var isServed = false
        let isStranger: Bool
        /// Where its next job begins, in bytes of work.
        var start: Int

        var bytes: Int { jobs.reduce(0) { $0 + $1.bytes } }
        /// The shortest first.
        var next: Int? { jobs.indices.min { jobs[$0].bytes < jobs[$1].bytes } }
        var largest: Int? { jobs.indices.max { jobs[$0].bytes < jobs[$1].bytes } }
    }

    private let maxJobs: Int
    private let maxBytes: Int
    private var owners: [UInt64: Owner] = [:]
    /// Work that was begun, in bytes.
    private var clock = 0
    private var isStopped = false
    /// Jobs that wait.
    package private(set) var count = 0
    /// Their bytes.
    package private(set) var bytes = 0

    package init(maxJobs: Int, maxBytes: Int) {
        self.maxJobs = max(1, maxJobs)
        self.maxBytes = maxBytes
    }

    /// Adds `job`. Returns the jobs that have to go, perhaps this one.
    package mutating func add(_ job: Job) -> [Dropped] {
        if isStopped { return [(job, .storeUnavailable)] }
        var dropped = sweep()
        let workload = job.check.workload
        owners[workload.owner, default: Owner(isStranger: workload.isForStranger, start: clock)].jobs.append(job)
        count += 1
        bytes += job.bytes
        while count > maxJobs || bytes > maxBytes && count > 1 {
            guard let removed = removeLargest() else { break }
            dropped.append((removed, .overloaded))
        }
        return dropped
    }

    /// Whether there is a job that can be taken.
    package var hasNext: Bool { owners.contains { !$0.value.isServed && !$0.value.jobs.isEmpty } }

    /// Takes the job whose turn it is; nil when there is none.
    package mutating func next() -> Job? {
        var best: (owner: UInt64, job: Int, end: Int)?
        for (id, owner) in owners where !owner.isServed {
            guard let job = owner.next else { continue }
            let end = owner.start + owner.jobs[job].bytes
            if let best, best.end <= end { continue }
            best = (id, job, end)
        }
        guard let best else { return nil }
        let job = remove(best.job, of: best.owner)
        owners[best.owner]?.isServed = true
        clock = max(clock, owners[best.owner]?.start ?? 0)
        owners[best.owner]?.start = best.end
        return job
    }

    /// The job of this owner that was taken has come to its end.
    package mutating func finish(_ owner: UInt64) {
        owners[owner]?.isServed = false
        forgetIfIdle(owner)
    }

    /// Removes what was given up.
    package mutating func sweep() -> [Dropped] {
        var dropped: [Dropped] = []
        for id in Array(owners.keys) {
            let abandoned = owners[id]?.jobs.indices.filter { owners[id]?.jobs[$0].check.isGivenUp ?? false } ?? []
            for index in abandoned.reversed() {
                if let job = remove(index, of: id) { dropped.append((job, .deadlineExceeded)) }
            }
            forgetIfIdle(id)
        }
        return dropped
    }

    /// Takes no more jobs, and removes all that wait.
    package mutating func stop() -> [Dropped] {
        isStopped = true
        let all = owners.values.flatMap(\.jobs).map { (job: $0, fault: Fault.storeUnavailable) }
        owners = [:]
        count = 0
        bytes = 0
        return all
    }

    /// Of the owner with the most bytes the largest job. As long as strangers wait, one of them is the owner: many addresses with
    /// a small job each must not take the place of a known client's large one.
    private mutating func removeLargest() -> Job? {
        let strangers = owners.filter { $0.value.isStranger && !$0.value.jobs.isEmpty }
        let candidates = strangers.isEmpty ? owners : strangers
        guard let owner = candidates.max(by: { $0.value.bytes < $1.value.bytes }), let job = owner.value.largest else {
            return nil
        }
        let removed = remove(job, of: owner.key)
        forgetIfIdle(owner.key)
        return removed
    }

    private mutating func remove(_ index: Int, of owner: UInt64) -> Job? {
        guard let job = owners[owner]?.jobs.remove(at: index) else { return nil }
        count -= 1
        bytes -= job.bytes
        return job
    }

    /// An owner with nothing to do is forgotten. What it has had counts as begun: if it comes back at once, it stands behind those
    /// that were waiting.
    private mutating func forgetIfIdle(_ id: UInt64) {
        guard let owner = owners[id], owner.jobs.isEmpty, !owner.isServed else { return }
        clock = max(clock, owner.start)
        owners[id] = nil
    }
}
