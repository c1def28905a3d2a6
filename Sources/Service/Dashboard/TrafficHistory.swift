// The checks of the last hour, for the chart: sums every half minute.

import ServiceLifecycle
import Synchronization

/// Sums of checks at moments of the last hour.
final class TrafficHistory: Sendable {
    /// What a check came to, as the chart tells them apart.
    static let outcomes = ["authenticated", "anonymous", "refused", "failed"]
    /// Seconds between two moments, and how many of them are kept.
    static let interval: Int64 = 30, capacity = 121

    /// The sums of a moment.
    struct Moment: Sendable {
        /// Seconds since 1970.
        let time: Int64
        /// Checks since the start, by ``outcomes``.
        let counts: [Double]
    }

    private let moments = Mutex<[Moment]>([])

    /// Adds a moment.
    func note(_ readings: MetricReadings, at time: Int64) {
        let moment = Moment(time: time, counts: Self.counts(readings))
        moments.withLock { moments in
            moments.append(moment)
            if moments.count > Self.capacity { moments.removeFirst() }
        }
    }

    /// All moments, and this one.
    func moments(until readings: MetricReadings, at time: Int64) -> [Moment] {
        moments.withLock { $0 } + [Moment(time: time, counts: Self.counts(readings))]
    }

    private static func counts(_ readings: MetricReadings) -> [Double] {
        outcomes.map { outcome in
            outcome == "failed"
                ? readings.sum("sessiongate_faults_total")
                : readings.sum("sessiongate_checks_total", ["outcome": outcome])
        }
    }
}

/// Fills the history while the server runs.
struct TrafficService: ServiceLifecycle.Service {
    let site: AdminSite

    func run() async { await untilShutdown(every: .seconds(TrafficHistory.interval)) { site.noteTraffic() } }
}
