// What leaves the event loop: reading rows and signing cookies, each lookup once however many requests wait for it.
//
// Rows and cookies have threads of their own: a signature takes as long as fifty lookups, and when ten thousand users come
// without a cookie, others' rows must not wait behind them. Checks of large forms have one more. All of them yield the processor
// to the event loops: whoever needs nothing looked up should not notice that others do.

import Sessions

/// Resolves lookups on worker threads. To be shut down before it is dropped.
public final class StoreWorkers: Resolver {
    /// How much may be on its way, for rows and for cookies each.
    public struct Limits: Sendable {
        /// Threads that read rows.
        public var rowThreads = 2
        /// Threads that sign cookies.
        public var cookieThreads = 1
        /// Lookups on their way at the same time.
        public var lookups = 65_536
        /// Requests waiting for them.
        public var waiters = 131_072
        /// Checks of large forms on their way: each holds its whole form.
        public var verdicts = 16
        /// Lookups read in one transaction.
        public var batch = 32

        /// For one machine.
        public init() {}
    }

    /// What became of lookups.
    public struct Statistics: Equatable, Sendable {
        /// Fetched; a row that does not exist counts.
        public var resolved = 0
        /// Failed.
        public var failed = 0
        /// Turned away, as too much was waiting.
        public var refused = 0
        /// On their way.
        public var pending = 0

        /// Nothing yet.
        public init() {}
    }

    private let rows: Lane
    private let cookies: Lane
    private let verdicts: Lane
    private let probe: StoreProbe

    /// Workers that read from `directory` into `memory`, under the policy in force.
    public convenience init(
        policy: CurrentPolicy, memory: Memory, directory: any SnapshotDirectory, limits: Limits = Limits()
    ) {
        self.init(directory: directory, limits: limits) { lookup, now, directory throws(Fault) in
            try Loader(policy, memory, directory).load(lookup, at: now)
        }
    }

    /// Workers that call `load` with a lookup, its clock, and the directory to read from.
    public init(
        directory: any SnapshotDirectory, limits: Limits = Limits(),
        load: @escaping @Sendable (Lookup, Timestamp, any Directory) throws(Fault) -> Void
    ) {
        rows = Lane(threads: limits.rowThreads, batch: limits.batch, limits: limits) { jobs, done in
            Self.read(jobs, from: directory, load: load, done: done)
        }
        cookies = Lane(threads: limits.cookieThreads, batch: 1, limits: limits) { jobs, done in
            for job in jobs {
                done(job.lookup, Self.fault { () throws(Fault) in try load(job.lookup, job.now, directory) })
            }
        }
        probe = StoreProbe(directory)
        var few = limits
        few.lookups = limits.verdicts
        verdicts = Lane(threads: 1, batch: 1, limits: few) { jobs, done in
            Self.read(jobs, from: directory, load: load, done: done)
        }
    }

    /// Fetches `lookup`, or waits with others for it, and calls `completion` once: on a worker, or at once with a fault when
    /// too much is waiting or the workers were shut down.
    public func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void) {
        switch lookup {
        case .oauth1, .oauth2, .user: rows.resolve(lookup, at: now, completion: completion)
        case .cookie: cookies.resolve(lookup, at: now, completion: completion)
        // A store of nonces elsewhere resolves those itself; a check for a worker is handed over as `detached`.
        case .nonce, .worker: completion(.unresolved)
        case .detached: verdicts.resolve(lookup, at: now, completion: completion)
        }
    }

    /// What became of lookups of rows.
    public var rowStatistics: Statistics { rows.statistics }
    /// What became of cookies to sign.
    public var cookieStatistics: Statistics { cookies.statistics }
    /// What became of checks of large forms.
    public var verdictStatistics: Statistics { verdicts.statistics }

    /// Begins to look whether rows can be read; ``storeProblem`` has the answer as soon as there is one.
    public func probeStore() { probe.ask() }
    /// Why rows could not be read when that was last looked at; nil when they could.
    public var storeProblem: String? { probe.problem }

    /// Fails what is queued, finishes what is being fetched, and ends the threads. Lookups that come later fail.
    public func shutdown() async {
        await rows.shutdown()
        await cookies.shutdown()
        await verdicts.shutdown()
        await probe.shutdown()
    }

    /// Reads jobs in one transaction; those that one could not be had for fail.
    private static func read(
        _ jobs: [PendingLookups.Job], from directory: any SnapshotDirectory,
        load: (Lookup, Timestamp, any Directory) throws(Fault) -> Void, done: (Lookup, Fault?) -> Void
    ) {
        var next = 0
        try? directory.snapshot { directory in
            while next < jobs.count {
                let job = jobs[next]
                next += 1
                done(job.lookup, fault { () throws(Fault) in try load(job.lookup, job.now, directory) })
            }
        }
        for job in jobs[next...] { done(job.lookup, .storeUnavailable) }
    }

    private static func fault(_ body: () throws(Fault) -> Void) -> Fault? {
        do throws(Fault) {
            try body()
            return nil
        } catch { return error }
    }
}
