// Work that would block an event loop: reading rows, signing cookies, and checks of large forms. A lookup is made once, however
// many requests wait for it.
//
// Rows, cookies and large forms have threads of their own: a signature takes as long as fifty lookups, and when ten thousand
// users come without a cookie, the rows of others must not wait behind them. All of these threads have a low priority, so that
// requests that need no lookup are not delayed.

import Sessions

/// Resolves lookups on worker threads. It must be shut down before it is released.
public final class StoreWorkers: Resolver {
    /// Threads, and limits of the work that is queued or under way, for rows and for cookies each.
    public struct Limits: Sendable {
        /// Threads that read rows.
        public var rowThreads = 2
        /// Threads that sign cookies.
        public var cookieThreads = 1
        /// The most lookups that are queued or under way.
        public var lookups = 65_536
        /// The most requests that wait for them.
        public var waiters = 131_072
        /// Threads that check large forms; 0: one for each processor.
        public var formThreads = 0
        /// The most large forms that wait for a thread, and the most bytes of them. All the requests that wait of one connection are
        /// fewer than `server.max_pending_lookups`, and of fewer bytes than `server.max_backlog_size`: large forms must not use
        /// either up.
        public var forms = 64, formBytes = 32 << 20
        /// The most lookups that are read in one transaction.
        public var batch = 32

        /// Limits for one machine.
        public init() {}
    }

    /// Counts of lookups by their result.
    public struct Statistics: Equatable, Sendable {
        /// Lookups that were answered, also by the absence of a row.
        public var resolved = 0
        /// Lookups that failed.
        public var failed = 0
        /// Lookups that were refused because too many were waiting.
        public var refused = 0
        /// Lookups that are queued or under way.
        public var pending = 0

        /// No lookups.
        public init() {}
    }

    /// How long its jobs take.
    public let timings: StoreTimings
    private let rows: Lane
    private let cookies: Lane
    private let forms: FormLane
    private let probe: StoreProbe
    private let reader: RowReader

    /// Workers that read from `directory` into `memory`, under the policy in force.
    public convenience init(
        policy: CurrentPolicy, memory: Memory, directory: any SnapshotDirectory, limits: Limits = Limits()
    ) {
        self.init(directory: directory, limits: limits, stale: { memory.extend($0, policy.value, at: $1) }) {
            // Taken before the store is asked. A new store is put in place before its policy is: so no row of the old store is
            // remembered under the new policy.
            let policy = policy.value
            return { lookup, now, directory throws(Fault) in
                try Loader(policy, memory, directory).load(lookup, at: now)
            }
        }
    }

    /// Resolves a lookup, by its clock, from a directory.
    public typealias Load = @Sendable (Lookup, Timestamp, any Directory) throws(Fault) -> Void

    /// Whether the checks that wait for a lookup can go on with expired rows, which count a little longer now.
    public typealias Stale = @Sendable (Lookup, Timestamp) -> Bool

    /// Workers that call `load` for each lookup.
    public convenience init(
        directory: any SnapshotDirectory, limits: Limits = Limits(), stale: @escaping Stale = { _, _ in false },
        load: @escaping Load
    ) {
        self.init(directory: directory, limits: limits, stale: stale, loading: { load })
    }

    /// Workers that ask `loading` before each batch how its lookups are resolved.
    private init(
        directory: any SnapshotDirectory, limits: Limits, stale: @escaping Stale,
        loading: @escaping @Sendable () -> Load
    ) {
        let timings = StoreTimings()
        self.timings = timings
        let reader = RowReader(directory, timings, stale: stale, loading: loading)
        self.reader = reader
        rows = Lane(threads: limits.rowThreads, batch: limits.batch, limits: limits) { jobs, done in
            reader.read(jobs, done)
        }
        cookies = Lane(threads: limits.cookieThreads, batch: 1, limits: limits) { jobs, done in
            let load = loading()
            for job in jobs {
                let found = timings.measure(timings.mints) { () -> Fault? in
                    Self.fault { () throws(Fault) in try load(job.lookup, job.now, directory) }
                }
                done(job.lookup, found)
            }
        }
        probe = StoreProbe(directory, timings)
        forms = FormLane(limits) { check, now in
            let load = loading()
            // Not in one transaction: the form takes far longer than the rows, which mostly are in memory.
            return Self.fault { () throws(Fault) in try load(.detached(check), now, directory) }
        }
    }

    /// Makes `lookup`, or joins others that wait for it, and calls `completion` once: on a worker, or at once with a fault when
    /// too many are waiting or the workers were shut down.
    public func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void) {
        switch lookup {
        case .oauth1, .oauth1Again, .oauth2, .user:
            // A store that hangs keeps its threads: what can go on without it does not join the queue.
            if reader.isHanging, reader.useStale(lookup, at: now) { return completion(nil) }
            rows.resolve(lookup, at: now, completion: completion)
        case .cookie: cookies.resolve(lookup, at: now, completion: completion)
        // A store of nonces elsewhere resolves those itself; a check for a worker is handed over as `detached`.
        case .nonce, .worker, .invalidation: completion(.unresolved)
        case .detached(let check): forms.resolve(check, at: now, completion: completion)
        }
    }

    /// Counts of lookups of rows.
    public var rowStatistics: Statistics { rows.statistics }
    /// Counts of cookies to sign.
    public var cookieStatistics: Statistics { cookies.statistics }
    /// Counts of checks of large forms.
    public var formStatistics: Statistics { forms.statistics }

    /// Lookups that were answered with rows that had expired, since the store could not be read.
    public var staleLookups: Int { reader.staleLookups }
    /// Whether the store is not asked at present, since it failed or does not answer.
    public var isStoreAway: Bool { reader.isStoreAway }

    /// Lets checks that wait for a store that hangs go on with what is in memory. To be called a few times a second.
    public func relieve(at now: Timestamp) {
        if reader.isHanging { rows.finish(where: { reader.useStale($0, at: now) }) }
    }

    /// Starts a test whether rows can be read; ``storeProblem`` is its result.
    public func probeStore() { probe.ask() }
    /// Why the latest test could not read rows; nil when it could.
    public var storeProblem: String? { probe.problem }

    /// Fails what is queued, finishes what is under way, and ends the threads. Later lookups fail.
    public func shutdown() async {
        await rows.shutdown()
        await cookies.shutdown()
        await forms.shutdown()
        await probe.shutdown()
    }

    static func fault(_ body: () throws(Fault) -> Void) -> Fault? {
        do throws(Fault) {
            try body()
            return nil
        } catch { return error }
    }
}
