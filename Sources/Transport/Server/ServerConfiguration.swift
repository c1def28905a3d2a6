// The operator's settings for listeners, limits and deadlines.

import Bytes

/// Listeners, limits and deadlines. Durations are in milliseconds, sizes in bytes.
public struct ServerConfiguration: Sendable {
    /// The data listeners, to which checks are sent.
    public var dataListeners: [Listener] = [.tcp(host: "127.0.0.1", port: 9001)]
    /// TLS, for the data listeners that ask for it.
    public var tls = TLSSettings()
    /// The admin listener; nil for none.
    public var admin: ListenerAddress? = .tcp(host: "127.0.0.1", port: 9002)
    /// Tells the bearer token that the admin listener demands from others; nil when it demands none.
    public var isAdminToken: (@Sendable (Bytes) -> Bool)?
    /// Whether the admin listener speaks TLS, by the settings of the data listeners.
    public var isAdminTLS = false
    /// Whether another process may listen on the same addresses at the same time: its successor, or its predecessor.
    public var sharesListeners = false
    /// Threads that answer checks; 0: one for each processor.
    public var eventLoops = 0

    /// The proxies whose header fields about their clients are believed, in the HTTP modes. They may also reset any number of
    /// HTTP/2 streams.
    public var trustedPeers = TrustedPeers()

    /// Concurrent HTTP/2 streams of one connection, announced and enforced.
    public var maxConcurrentStreams = 256
    /// Bytes of one CheckRequest, and of any other request's body: room for the largest form that PHP takes by default
    /// (8 MiB), and its headers.
    public var maxMessageBytes = 9 << 20
    /// Bytes of one request's header fields.
    public var maxHeaderBytes = 64 << 10
    /// Bytes of requests that one connection may have waiting.
    public var maxBacklogBytes = 72 << 20
    /// Bytes of requests that all connections together may have waiting.
    public var maxTotalBacklogBytes = 512 << 20
    /// Lookups that the requests of one connection may wait for.
    public var maxPendingLookups = 256
    /// Connections of all data listeners.
    public var maxConnections = 16_384

    /// From a connection's first moment, or a request's first byte, to the end of the request's head.
    public var headDeadline: Int64 = 10_000
    /// From a request's head to its end.
    public var bodyDeadline: Int64 = 30_000
    /// A connection without requests.
    public var idleDeadline: Int64 = 300_000
    /// Output that the peer does not read.
    public var writeDeadline: Int64 = 10_000
    /// A lookup, unless the caller waits less long (`grpc-timeout`).
    public var lookupDeadline: Int64 = 5000
    /// Milliseconds for which a server that is to stop goes on, and says that it is not ready.
    public var drainDelay: Int64 = 0
    /// Requests under way, when the server goes away.
    public var drainDeadline: Int64 = 10_000

    /// The defaults: 127.0.0.1:9001 and 127.0.0.1:9002.
    public init() {}

    /// Whether any listener speaks TLS.
    package var usesTLS: Bool { dataListeners.contains(where: \.isTLS) || admin != nil && isAdminTLS }

    /// The limits of each connection, when connections are spread over `loops` event loops.
    func limits(loops: Int) -> ConnectionLimits {
        var limits = ConnectionLimits()
        limits.http2.maxConcurrentStreams = maxConcurrentStreams
        limits.http2.maxHeaderBytes = maxHeaderBytes
        limits.http2.maxBodyBytes = maxMessageBytes
        limits.http2.maxBacklogBytes = max(maxBacklogBytes, maxMessageBytes)
        limits.maxLoopBacklogBytes = max(maxTotalBacklogBytes / loops, maxMessageBytes)
        limits.maxPendingLookups = maxPendingLookups
        limits.proxies = trustedPeers
        limits.maxConnectionsPerLoop = (maxConnections + loops - 1) / loops
        limits.deadlines.head = headDeadline * 1_000_000
        limits.deadlines.body = bodyDeadline * 1_000_000
        limits.deadlines.idle = idleDeadline * 1_000_000
        limits.deadlines.writeStall = writeDeadline * 1_000_000
        limits.deadlines.lookup = lookupDeadline * 1_000_000
        limits.deadlines.drain = drainDeadline * 1_000_000
        return limits
    }

    /// The limits of the admin listener's connections. An idle one soon makes way: a flood of them must not lock the operator
    /// out.
    func adminLimits(maxConnections: Int) -> ConnectionLimits {
        var limits = limits(loops: 1)
        limits.maxConnectionsPerLoop = maxConnections
        limits.closesIdleWhenFull = true
        limits.deadlines.idle = min(limits.deadlines.idle, 15_000_000_000)
        return limits
    }
}
