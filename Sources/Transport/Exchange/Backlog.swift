// How many bytes of requests wait, on one connection or on all of an event loop, and how many may.

/// Bytes of requests that wait, within limits.
package struct Backlog {
    /// A request of no more bytes than this is small: nearly every check is.
    static var smallRequest: Int { 64 << 10 }

    /// Bytes that wait.
    package private(set) var bytes = 0
    private let maxBytes: Int
    private let maxLargeBytes: Int

    /// - Parameter reserved: How many of `maxBytes` only small requests may use.
    package init(maxBytes: Int = .max, reserved: Int = 0) {
        self.maxBytes = maxBytes
        maxLargeBytes = maxBytes - reserved
    }

    /// Whether there is room for `count` more bytes of a request that has `held` bytes here already.
    func hasRoom(for count: Int, held: Int) -> Bool {
        bytes &+ count <= (held &+ count > Self.smallRequest ? maxLargeBytes : maxBytes)
    }

    mutating func add(_ count: Int) { bytes &+= count }

    mutating func remove(_ count: Int) { bytes &-= count }
}
