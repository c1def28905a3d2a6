// The pages of the admin listener. Their texts are made by the service, which knows the configuration and the stores.

import Telemetry

/// The contents of the admin listener's pages. Called on the admin listener's own thread, ``problem()`` on any.
public protocol AdminPages: Sendable {
    /// `/metrics`.
    func metrics(_ statistics: ServerStatistics, _ format: MetricFormat) -> [UInt8]
    /// `/config`: the configuration in effect as JSON, without secrets.
    func configuration() -> [UInt8]
    /// `/readyz` and gRPC's health service: why requests can't be answered, in a few words; nil when they can. It must not block.
    func problem() -> String?
    /// `/.well-known/jwks.json`: the public keys of the session cookie, where no data listener publishes them; nil where one does.
    func publishedKeys() -> [UInt8]?
    /// Any other page, which GET does not change; nil when there is none at `path`.
    func page(_ path: String, _ query: AdminQuery) -> AdminPage?
    /// The paths of what POST changes, beside `/cache/invalidate`.
    var actions: Set<String> { get }
    /// Carries out what POST to `path` asks for; nil when nothing is there.
    func action(_ path: String, _ query: AdminQuery) -> AdminPage?
}

extension AdminPages {
    /// Published by a data listener.
    public func publishedKeys() -> [UInt8]? { nil }

    /// There is no other page.
    public func page(_ path: String, _ query: AdminQuery) -> AdminPage? { nil }

    /// There is nothing else to be done.
    public var actions: Set<String> { [] }

    /// There is nothing else to be done.
    public func action(_ path: String, _ query: AdminQuery) -> AdminPage? { nil }
}

/// The formats of /metrics.
public enum MetricFormat: Sendable {
    /// Prometheus' text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics
}

/// What a server counts on each event loop, not summed.
public struct ServerStatistics: Sendable {
    /// Checks, one for each event loop.
    public let checks: [CheckCounters]
    /// Connections and requests, one for each event loop.
    public let transport: [TransportCounters]
    /// Whether requests are accepted.
    public let isReady: Bool
    /// When the certificate of the TLS listeners ends, seconds since 1970; nil without one.
    public var certificateEnd: Int64?
}
