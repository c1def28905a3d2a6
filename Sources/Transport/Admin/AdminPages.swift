// What the admin listener shows, and who makes it: the texts are the executable's business.

import Telemetry

/// The contents of the admin listener's pages. Called on the admin listener's own thread.
public protocol AdminPages: Sendable {
    /// `/metrics`: Prometheus' text format.
    func metrics(_ statistics: ServerStatistics) -> [UInt8]
    /// `/config`: the configuration in effect as JSON, without secrets.
    func configuration() -> [UInt8]
    /// `/readyz`: what keeps requests from being answered, in a few words; nil for nothing.
    func problem() -> String?
    /// `POST /cache/invalidate`: forgets what was looked up.
    func invalidate()
}

/// What a server counts, to be summed by who shows it.
public struct ServerStatistics: Sendable {
    /// Checks, one for each event loop.
    public let checks: [CheckCounters]
    /// Connections and requests, one for each event loop.
    public let transport: [TransportCounters]
    /// Whether requests are welcome.
    public let isReady: Bool
}
