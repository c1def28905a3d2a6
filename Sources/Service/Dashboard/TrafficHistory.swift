// The checks of the last hour, for the chart: sums every half minute, of which the checks of whole minutes are made.
//
// A minute's checks are the difference of the sums at its two ends. Minutes begin where the clock's do, not where somebody looks,
// so that each check is in one of them, and a minute that is over stays as it is.

import ServiceLifecycle
import Synchronization
import Transport

/// Sums of checks at moments of the last hour.
package final class TrafficHistory: Sendable {
    /// What a check came to, as the chart tells them apart.
    package static let outcomes = ["authenticated", "anonymous", "refused", "failed"]
    /// Seconds between two moments; both ends of a minute are among them.
    static let interval: Int64 = 30
    /// Moments are kept for so many seconds: an hour, and one before it.
    private static let kept: Int64 = 3660

    /// The sums of a moment.
    private struct Moment {
        let time: Int64
        let counts: [Double]
    }

    /// The checks of a minute.
    package struct Minute: Equatable, Sendable {
        /// Its beginning, in seconds since 1970.
        package let start: Int64
        /// Checks by ``outcomes``.
        package let counts: [Double]
    }

    private let moments: Mutex<[Moment]>

    /// A history that begins now, with no checks.
    package init(since now: Int64) {
        moments = Mutex([Moment(time: now, counts: Self.outcomes.map { _ in 0 })])
    }

    /// Adds the sums of a moment, by ``outcomes``.
    /// - Parameter time: Seconds since 1970.
    package func note(_ counts: [Double], at time: Int64) {
        moments.withLock { moments in
            // The clock may have been set back.
            moments.removeAll { $0.time >= time || $0.time < time - Self.kept }
            moments.append(Moment(time: time, counts: counts))
        }
    }

    /// The last 60 minutes, of which the last is not over: the sums are `counts` now.
    package func minutes(until counts: [Double], at now: Int64) -> [Minute] {
        let moments = moments.withLock { $0 }.filter { $0.time < now } + [Moment(time: now, counts: counts)]
        let current = now - now % 60
        return (0..<60).reversed().map { current - $0 * 60 }.map { start in
            let (first, last) = (Self.sums(at: start, moments), Self.sums(at: start + 60, moments))
            return Minute(start: start, counts: zip(last, first).map { max(0, $0 - $1) })
        }
    }

    /// The sums at a time: between two moments as if checks came evenly, outside of all as at the nearest.
    private static func sums(at time: Int64, _ moments: [Moment]) -> [Double] {
        guard let next = moments.firstIndex(where: { $0.time >= time }) else { return moments.last?.counts ?? [] }
        guard next > 0 else { return moments[next].counts }
        let (before, after) = (moments[next - 1], moments[next])
        let part = Double(time - before.time) / Double(after.time - before.time)
        return zip(before.counts, after.counts).map { ($0 + ($1 - $0) * part).rounded() }
    }

    /// What is counted now, by ``outcomes``.
    static func counts(_ readings: MetricReadings) -> [Double] {
        outcomes.map { outcome in
            outcome == "failed"
                ? readings.sum("sessiongate_faults_total")
                : readings.sum("sessiongate_checks_total", ["outcome": outcome])
        }
    }

    /// Milliseconds until the next moment that is to be noted.
    /// - Parameter now: Milliseconds since 1970.
    package static func wait(at now: Int64) -> Int64 { interval * 1000 - now % (interval * 1000) }
}

/// Fills the history while the server runs.
struct TrafficService: ServiceLifecycle.Service {
    let site: AdminSite

    func run() async {
        await cancelWhenGracefulShutdown {
            func wait() -> Duration { .milliseconds(TrafficHistory.wait(at: SystemClock.now().milliseconds)) }
            while (try? await Task.sleep(for: wait())) != nil { site.noteTraffic() }
        }
    }
}
