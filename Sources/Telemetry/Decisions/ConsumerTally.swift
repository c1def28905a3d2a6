// Which consumers have how many requests, or refusals by reason. A label of a metric has to have few values, so this is a list of
// its own, and bounded: when it is full, the one with the fewest gives way, as in the algorithm Space-Saving (Metwally, Agrawal, El
// Abbadi, 2005). The count of what comes in its place begins where that one ended, so that it is an upper bound.

import Sessions
import Synchronization

/// Counts by consumer and kind, for the consumers with the most.
public final class ConsumerTally: Sendable {
    /// A count.
    public struct Count: Sendable, Equatable {
        /// The consumer's key; empty for requests that name no registered consumer.
        public let consumerKey: String
        /// The consumer's name; empty without one.
        public let name: String
        /// The kind that was counted: a position among reasons, or 0.
        public let kind: Int
        /// How many, at most.
        public internal(set) var count: UInt64
        /// By how much the count may be too high.
        public internal(set) var error: UInt64
    }

    private struct Key: Hashable {
        let consumer: Int64?
        let kind: Int
    }

    private struct State {
        var counts: [Key: Count] = [:]
        /// Those that had `leastCount`, the smallest, when last looked for: a search passes through all counts.
        private var least: [Key] = []
        private var leastCount: UInt64 = 0

        /// Removes one with the smallest count, and returns that. There must be one.
        mutating func removeLeast() -> UInt64 {
            while true {
                while let key = least.popLast() {
                    if counts[key]?.count == leastCount {
                        counts[key] = nil
                        return leastCount
                    }
                }
                leastCount = counts.values.lazy.map(\.count).min() ?? 0
                least = counts.filter { $0.value.count == leastCount }.map(\.key)
            }
        }
    }

    /// How many counts are kept.
    public let capacity: Int
    private let state = Mutex(State())

    /// Room for `capacity` counts.
    public init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Counts one request of `consumer`, nil for one that names no registered consumer.
    package func add(_ consumer: KnownConsumer?, kind: Int = 0) {
        let key = Key(consumer: consumer?.id, kind: kind)
        state.withLock { state in
            if state.counts[key] != nil {
                state.counts[key]?.count += 1
                return
            }
            let error = state.counts.count >= capacity ? state.removeLeast() : 0
            state.counts[key] = Count(
                consumerKey: consumer?.key.withBytes(\.string) ?? "", name: consumer?.name ?? "", kind: kind,
                count: error + 1, error: error)
        }
    }

    /// The largest `count`, the largest first.
    public func top(_ count: Int) -> [Count] {
        let all = state.withLock { Array($0.counts.values) }
        return Array(
            all.sorted { ($1.count, $0.consumerKey, $0.kind) < ($0.count, $1.consumerKey, $1.kind) }.prefix(count))
    }
}
