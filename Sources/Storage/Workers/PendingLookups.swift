// Lookups that are queued or under way, and the requests that wait for them.
//
//   join ──► first for this lookup: queued ──► taken by a worker ──► finished: all that joined since are told
//        └─► already under way: waits with the others             (single flight)
//        └─► over a limit: refused
//
// This is a value without locks or threads; the lane around it has both.

import Sessions

/// Lookups, each of them once, in bounded numbers and with a bounded number of waiters.
struct PendingLookups: ~Copyable {
    typealias Completion = @Sendable (Fault?) -> Void
    typealias Job = (lookup: Lookup, now: Timestamp)

    private var waiters: [Lookup: [Completion]] = [:]
    private var queue: [Job] = []
    /// The index of the first job in the queue that no worker has taken.
    private var head = 0
    private var waiterCount = 0
    private var isStopped = false
    private let limits: StoreWorkers.Limits

    init(_ limits: StoreWorkers.Limits) {
        self.limits = limits
    }

    /// Lookups that are queued or under way.
    var count: Int { waiters.count }
    /// Lookups that are queued.
    var queued: Int { queue.count - head }

    /// Adds a waiter for a lookup. Returns nil when it was added; else a fault, with which the caller must call `completion`.
    mutating func join(_ lookup: Lookup, at now: Timestamp, _ completion: @escaping Completion) -> Fault? {
        guard !isStopped else { return .storeUnavailable }
        guard waiterCount < limits.waiters else { return .overloaded }
        if waiters.count >= limits.lookups, waiters[lookup] == nil { return .overloaded }
        let count = waiters.count
        waiters[lookup, default: []].append(completion)
        if waiters.count > count { queue.append((lookup, now)) }
        waiterCount += 1
        return nil
    }

    /// The next jobs for a worker, oldest first; empty when nothing is queued.
    mutating func take(atMost limit: Int) -> [Job] {
        let jobs = Array(queue[head..<min(head + limit, queue.count)])
        head += jobs.count
        if head == queue.count {
            queue.removeAll(keepingCapacity: queue.capacity <= 1024)
            head = 0
        } else if head >= 1024, head > queue.count / 2 {
            queue.removeFirst(head)
            head = 0
        }
        return jobs
    }

    /// Removes a finished lookup and returns its waiters.
    mutating func finish(_ lookup: Lookup) -> [Completion] {
        let completions = waiters.removeValue(forKey: lookup) ?? []
        waiterCount -= completions.count
        return completions
    }

    /// Removes all lookups that `isDone` is true for, and returns their waiters. They are made all the same.
    mutating func finish(where isDone: (Lookup) -> Bool) -> [Completion] {
        waiters.keys.filter(isDone).flatMap { finish($0) }
    }

    /// Refuses all later lookups, and returns the waiters for jobs that no worker has taken.
    mutating func stop() -> [Completion] {
        isStopped = true
        return take(atMost: queued).flatMap { finish($0.lookup) }
    }
}
