// What happened on one event loop. Written there only, without a locked instruction; read from anywhere.

import Telemetry

/// Counters of the connections of one event loop.
public struct TransportCounters: Sendable {
    /// Connections accepted.
    public let connections = Counter()
    /// Connections that are gone.
    public let closed = Counter()
    /// Connections refused, for there were too many.
    public let refused = Counter()
    /// Connections closed for a deadline.
    public let expired = Counter()
    /// TLS handshakes that failed.
    public let failedHandshakes = Counter()
    /// Requests answered over HTTP/2.
    public let http2Requests = Counter()
    /// Requests answered over HTTP/1.1.
    public let http1Requests = Counter()
    /// Lookups that requests waited for.
    public let lookups = Counter()

    /// Zeros.
    public init() {}
}
