// What one connection may cost.

/// Limits of an HTTP/2 session. HTTP/1.1 shares those that are not about streams.
package struct HTTP2Limits: Sendable {
    /// Concurrent streams, announced and enforced.
    package var maxConcurrentStreams = 256
    /// Bytes of a request's header fields as RFC 9113 counts them, announced; a request with more is answered 431. A head of
    /// more than twice that size has its stream reset: reading it to the end costs more than an answer is worth.
    package var maxHeaderBytes = 64 << 10
    /// Header fields of a request. Envoy forwards 100 by default; twice that, and what a proxy adds, is room enough.
    package var maxHeaderFields = 256
    /// Bytes of heads that one connection may have waiting: 8 KiB, a large head with cookies, for each of 256 streams. Without
    /// this limit one connection could hold `maxHeaderBytes` for each of them at next to no cost, since HPACK repeats a field
    /// with one byte.
    package var maxHeadBacklogBytes = 2 << 20
    /// Bytes of a request's body: a check that holds the largest form that PHP takes by default (8 MiB), and its headers.
    package var maxBodyBytes = 9 << 20
    /// Bytes of heads and bodies that one connection may have waiting.
    package var maxBacklogBytes = 72 << 20
    /// Bytes of an answer's header fields; a larger head is replaced by an answer of failure.
    package var maxAnswerHeadBytes = 256 << 10
    /// What is done in one turn: bytes of header fields read, and of requests served. The rest waits until other connections
    /// had their turn. A whole read of 64 KiB of checks is less; it takes a fraction of a millisecond.
    package var maxTurnBytes = 256 << 10
    /// Streams that an unknown peer may reset at once, and per second in the long run. There is no limit for a trusted proxy,
    /// which passes on what all its clients give up. A reset request costs less than one that is answered, so the limit only
    /// has to end what no proxy does.
    package var resetBurst = 20_000
    package var resetRate = 20_000

    /// The defaults.
    package init() {}

    /// How many streams an unknown peer may reset.
    var resets: TokenBucket { TokenBucket(burst: resetBurst, rate: resetRate) }

    /// Part of `total` bytes of backlog that is kept for small requests, so that a few large bodies can't fill it: a quarter,
    /// unless one large body then found no room.
    func reserved(of total: Int) -> Int { max(0, min(total / 4, total - maxBodyBytes - 5)) }
}
