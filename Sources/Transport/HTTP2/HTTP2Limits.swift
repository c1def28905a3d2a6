// What one peer may cost.

/// Limits of an HTTP/2 session.
package struct HTTP2Limits: Sendable {
    /// Concurrent streams, announced and enforced.
    package var maxConcurrentStreams = 256
    /// Bytes of a request's header fields as RFC 9113 counts them, announced; a request with more is answered 431.
    package var maxHeaderBytes = 64 << 10
    /// Bytes of a request's body: a check that holds the largest form that PHP takes by default (8 MiB), and its headers.
    package var maxBodyBytes = 9 << 20
    /// Bytes of bodies that one connection may have waiting.
    package var maxBacklogBytes = 72 << 20
    /// Streams that the peer may reset at once, and per second in the long run.
    package var resetBurst = 1000
    package var resetRate = 100

    /// The defaults.
    package init() {}
}
