// The last refused requests, so that somebody who has a request's id can be told why it was refused. Their credentials are masked
// before they come here.

import Synchronization

/// A refused request that is kept.
public struct KeptRefusal: Sendable {
    /// The proxy's id of the request.
    public let requestID: String
    /// When it was refused, milliseconds since 1970.
    public let time: Int64
    /// The reason's code.
    public let reason: String
    /// What became of it: `enforce` or `observe`.
    public let mode: String
    /// The key of the registered consumer that it names; empty when it names none.
    public let consumerKey: String
    /// The CheckRequest, masked.
    public let message: [UInt8]

    /// A refusal to be kept.
    package init(
        requestID: String, time: Int64, reason: String, mode: String, consumerKey: String, message: [UInt8]
    ) {
        self.requestID = requestID
        self.time = time
        self.reason = reason
        self.mode = mode
        self.consumerKey = consumerKey
        self.message = message
    }
}

/// A bounded number of refused requests; the oldest gives way.
public final class KeptRefusals: Sendable {
    private struct State {
        var ring: [KeptRefusal] = []
        /// Where the next goes once the ring is full: where the oldest is.
        var oldest = 0
    }

    /// How many are kept.
    public let capacity: Int
    private let state = Mutex(State())

    /// Room for `capacity` of them, none of which is taken yet.
    public init(capacity: Int) { self.capacity = capacity }

    /// Keeps a refusal.
    package func keep(_ refusal: KeptRefusal) {
        guard capacity > 0 else { return }
        state.withLock { state in
            if state.ring.count < capacity { return state.ring.append(refusal) }
            state.ring[state.oldest] = refusal
            state.oldest = (state.oldest + 1) % capacity
        }
    }

    /// So many bytes of a request's id are kept.
    package static let maxIDBytes = 128

    /// The latest of the request `id`, as it was sent or as it is kept; nil when it is not kept, or not any more.
    public func find(_ id: String) -> KeptRefusal? {
        let kept = String(decoding: Array(id.utf8.prefix(Self.maxIDBytes)), as: UTF8.self)
        return latest(.max).first { $0.requestID == kept }
    }

    /// The latest `count`, the last first.
    public func latest(_ count: Int) -> [KeptRefusal] {
        let (ring, oldest) = state.withLock { ($0.ring, $0.oldest) }
        return (ring[oldest...] + ring[..<oldest]).reversed().prefix(count).map(\.self)
    }
}
