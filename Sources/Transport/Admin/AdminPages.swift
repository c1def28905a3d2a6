// The pages of the admin listener. Their texts are made by the service, which knows the configuration and the stores.

import Telemetry

/// The contents of the admin listener's pages. Called on the admin listener's own thread, ``problem()`` on any.
public protocol AdminPages: Sendable {
    /// `/metrics`: Prometheus' text format.
    func metrics(_ statistics: ServerStatistics) -> [UInt8]
    /// `/config`: the configuration in effect as JSON, without secrets.
    func configuration() -> [UInt8]
    /// `/readyz` and gRPC's health service: why requests can't be answered, in a few words; nil when they can. It must not block.
    func problem() -> String?
    /// `/.well-known/jwks.json`: the public keys of the session cookie, where no data listener publishes them; nil where one does.
    func publishedKeys() -> [UInt8]?
}

extension AdminPages {
    /// Published by a data listener.
    public func publishedKeys() -> [UInt8]? { nil }
}

/// What a server counts on each event loop, not summed.
public struct ServerStatistics: Sendable {
    /// Checks, one for each event loop.
    public let checks: [CheckCounters]
    /// Connections and requests, one for each event loop.
    public let transport: [TransportCounters]
    /// Whether requests are accepted.
    public let isReady: Bool
}
