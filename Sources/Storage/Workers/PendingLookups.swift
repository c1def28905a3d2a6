// What is being fetched, and who waits for it.
//
//   join ──► first for this lookup: queued ──► taken by a worker ──► finished: everybody who joined since is told
//        └─► already on its way: waits with the others            (single flight)
//        └─► too many already: refused
//
// A value without locks or threads; the lane around it has those.

import Sessions

/// Lookups on their way, each once, with bounded numbers of them and of their waiters.
struct PendingLookups: ~Copyable {
    typealias Completion = @Sendable (Fault?) -> Void
    typealias Job = (lookup: Lookup, now: Timestamp)

    private var waiters: [Lookup: [Completion]] = [:]
    private var queue: [Job] = []
    /// Index of the first job in the queue that was not taken.
    private var head = 0
    private var waiterCount = 0
    private var isStopped = false
    private let limits: StoreWorkers.Limits

    init(_ limits: StoreWorkers.Limits) {
        self.limits = limits
    }

    /// Lookups that are queued or being fetched.
    var count: Int { waiters.count }
    /// Lookups that are queued.
    var queued: Int { queue.count - head }

    /// Nil when the completion was taken; if not, the caller has to call it with the fault.
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

    /// The jobs for a worker, in the order in which they came; none when there is nothing to do.
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

    /// A job is done: who has to be told.
    mutating func finish(_ lookup: Lookup) -> [Completion] {
        let completions = waiters.removeValue(forKey: lookup) ?? []
        waiterCount -= completions.count
        return completions
    }

    /// Takes no more; returns who waits for jobs that no worker has taken.
    mutating func stop() -> [Completion] {
        isStopped = true
        return take(atMost: queued).flatMap { finish($0.lookup) }
    }
}
