// What became of claims, counted by event loop.

import Sessions
import Telemetry

/// The counters of one event loop's link.
package struct ClaimCounters: Sendable {
    /// Claims that Redis decided, by what it said.
    package let fresh = Counter(), retried = Counter(), used = Counter(), full = Counter()
    /// Claims that were decided without Redis.
    package let withoutRedis = Counter()
    /// Answers that did not come in time, errors that Redis answered with, connections that were lost or could not be made.
    package let timeouts = Counter(), errors = Counter(), failures = Counter()
    /// Nonces that were written after an outage: new there, and already there.
    package let written = Counter(), known = Counter()
    /// How long answers took.
    package let waits = LatencyHistogram()

    /// Counts what Redis said.
    func count(_ outcome: NonceOutcome) {
        switch outcome {
        case .fresh: fresh.add()
        case .retried: retried.add()
        case .used: used.add()
        case .full: full.add()
        case .overShare, .unverified, .unavailable: break
        }
    }
}
