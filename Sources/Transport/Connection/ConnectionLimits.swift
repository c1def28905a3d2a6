// Everything that bounds connections, in one value that every connection of a listener shares.

/// Limits of a listener's connections.
package struct ConnectionLimits: Sendable {
    /// HTTP/2, and what HTTP/1.1 shares with it.
    package var http2 = HTTP2Limits()
    /// Deadlines.
    package var deadlines = Deadlines()
    /// Requests of one connection that wait for a lookup.
    package var maxPendingLookups = 256
    /// Rounds of lookups for one request.
    package var maxRounds = 8
    /// Requests that one HTTP/1.1 connection may send ahead.
    package var maxPipelined = 64
    /// Connections of one event loop.
    package var maxConnectionsPerLoop = 16_384
    /// Whether a new connection beyond that many takes the place of the one that has been idle longest.
    package var closesIdleWhenFull = false
    /// Proxies, which pass on what all their clients give up.
    package var proxies = TrustedPeers()
    /// Bytes of heads and bodies that all connections of one event loop may have waiting.
    package var maxLoopBacklogBytes = 256 << 20
    /// Bytes of output that are gathered for one write.
    package var writeBatch = 128 << 10

    /// The defaults.
    package init() {}
}
