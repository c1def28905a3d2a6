// How long a peer may take. `ConnectionState` compares them with the clock, at a coarse tick of each event loop.

/// Deadlines of connections, in nanoseconds.
package struct Deadlines: Sendable {
    /// From the connection's first moment to its first bytes, and from a request's first byte to the end of its head.
    package var head: Int64 = 10_000_000_000
    /// From a request's head to its end.
    package var body: Int64 = 30_000_000_000
    /// Without a request. A watcher of health is asked for a sign of life after so long, and has `head` to give one.
    package var idle: Int64 = 300_000_000_000
    /// With output that the peer does not read.
    package var writeStall: Int64 = 10_000_000_000
    /// For a lookup. A caller that waits less long says so (`grpc-timeout`).
    package var lookup: Int64 = 5_000_000_000
    /// For requests under way, when the server goes away.
    package var drain: Int64 = 10_000_000_000
    /// For the peer to read the last bytes and to close.
    package var linger: Int64 = 2_000_000_000
    /// Between the notice that the server goes away and the last word, when the peer does not answer a ping.
    package var notice: Int64 = 1_000_000_000

    /// The defaults.
    package init() {}

    /// How often the deadlines are looked at.
    package var tick: Int64 {
        let shortest = [head, body, idle, writeStall, drain, linger, notice].min() ?? 0
        return min(max(shortest / 4, 5_000_000), 1_000_000_000)
    }
}
