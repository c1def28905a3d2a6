// How long workers take for what event loops can't do, for metrics.

import Glibc
import Synchronization
import Telemetry

/// Durations of the workers' jobs. Counted by all of their threads.
public final class StoreTimings: Sendable {
    /// Reading the rows of one lookup.
    public let rows = LatencyHistogram()
    /// Making and signing one cookie.
    public let mints = LatencyHistogram()
    private let lastReadSeconds = Atomic<Int64>(0)

    /// Nothing measured.
    public init() {}

    /// When rows could last be read, seconds since 1970; 0 when they never could.
    public var lastRead: Int64 { lastReadSeconds.load(ordering: .relaxed) }

    /// Notes that rows could be read just now.
    func noteRead() { lastReadSeconds.store(Int64(time(nil)), ordering: .relaxed) }

    /// Runs `body` and counts how long it took.
    func measure<Result>(_ histogram: LatencyHistogram, _ body: () -> Result) -> Result {
        let start = ContinuousClock.now
        defer {
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            histogram.addShared(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        }
        return body()
    }
}
