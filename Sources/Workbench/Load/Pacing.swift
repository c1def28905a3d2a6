// When requests are made, and from when on their latency counts.
//
// In a closed loop a slow answer keeps the next request from being made, so that a stall is seen once, by the few
// requests that were on their way ("coordinated omission"). At a fixed rate each request has a time at which it is due,
// whatever the server does; latency counts from that, however long the request had to wait for a stream, or for the
// generator itself.

/// The schedule of a load. All times are monotonic nanoseconds.
package struct Pacing: Sendable {
    /// When it ends.
    package enum End: Equatable, Sendable {
        /// After so many requests.
        case requests(Int)
        /// After so many seconds; requests due before are still made.
        case seconds(Double)
    }

    private let begin: Int64
    /// Nanoseconds between two requests; 0 in a closed loop.
    private let interval: Double
    private let end: End
    /// Requests that were taken.
    package private(set) var taken = 0

    /// A schedule from `begin` on; without a rate (per second) a request is due whenever one can be made.
    package init(begin: Int64, rate: Double?, end: End) {
        self.begin = begin
        self.end = end
        interval = rate.map { 1e9 / $0 } ?? 0
    }

    /// When the next request is due; in a closed loop that is past already.
    package var nextDue: Int64 { begin + Int64(Double(taken) * interval) }

    /// Takes the next request. Returns the time from which its latency counts; nil when none is due by now.
    package mutating func take(at now: Int64) -> Int64? {
        guard !isOver(at: now), nextDue <= now else { return nil }
        defer { taken += 1 }
        return interval > 0 ? nextDue : now
    }

    /// Whether no request is due any more.
    package func isOver(at now: Int64) -> Bool {
        switch end {
        case .requests(let count): taken >= count
        case .seconds(let seconds): (interval > 0 ? nextDue : now) >= begin + Int64(seconds * 1e9)
        }
    }
}
