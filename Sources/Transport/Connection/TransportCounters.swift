// What happened on one event loop. Written there only, without a locked instruction; read from anywhere.

import Telemetry

/// Counters of the connections of one event loop.
public struct TransportCounters: Sendable {
    /// Connections accepted.
    public let connections = Counter()
    /// Connections that were closed.
    public let closed = Counter()
    /// Connections refused, since there were too many.
    public let refused = Counter()
    /// Connections closed since a deadline had passed, or to make room for another.
    public let expired = Counter()
    /// Connections ended for an error of HTTP/2.
    public let broken = Counter()
    /// Connections ended since their peer reset too many streams.
    public let resetFloods = Counter()
    /// TLS handshakes that failed.
    public let failedHandshakes = Counter()
    /// Requests answered over HTTP/2.
    public let http2Requests = Counter()
    /// Requests answered over HTTP/1.1.
    public let http1Requests = Counter()
    /// How late the event loop came to what was due.
    public let lag = LatencyHistogram()
    /// Lookups that requests waited for.
    public let lookups = Counter()

    /// Zeros.
    public init() {}
}
