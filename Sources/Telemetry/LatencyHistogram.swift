// How long things took, in buckets. Counting takes a few instructions and no lock.

import Synchronization

/// Durations, counted by bucket.
public final class LatencyHistogram: Sendable {
    /// The upper bounds of the buckets but the last, in nanoseconds: from 10 µs, within which a check out of memory is answered, to
    /// 10 s, which no check takes.
    public static let bounds: [Int64] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    private let counts = InlineArray<20, Atomic<UInt64>> { _ in Atomic(0) }
    private let sum = Atomic<UInt64>(0)

    /// No durations.
    public init() {}

    /// Counts a duration. Only the histogram's own thread may call this: additions of two threads at once would get lost.
    public func add(_ nanoseconds: Int64) {
        let index = Self.bucket(nanoseconds)
        counts[index].store(counts[index].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        sum.store(sum.load(ordering: .relaxed) &+ UInt64(clamping: nanoseconds), ordering: .relaxed)
    }

    /// Counts a duration, on any thread.
    public func addShared(_ nanoseconds: Int64) {
        counts[Self.bucket(nanoseconds)].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(UInt64(clamping: nanoseconds), ordering: .relaxed)
    }

    /// What was counted so far.
    public var snapshot: LatencySnapshot {
        var snapshot = LatencySnapshot()
        for index in counts.indices { snapshot.counts[index] = counts[index].load(ordering: .relaxed) }
        snapshot.nanoseconds = sum.load(ordering: .relaxed)
        return snapshot
    }

    /// By the number of bits of a duration, the first bucket that may hold one of so many.
    private static let firstBuckets = InlineArray<65, UInt8> { bits in
        UInt8(bounds.prefix { bits > 0 && $0 < 1 << (bits - 1) }.count)
    }

    /// A few steps, for the event loop counts each check: of no number of bits there are more than two bounds.
    private static func bucket(_ nanoseconds: Int64) -> Int {
        guard nanoseconds > bounds[0] else { return 0 }
        var bucket = Int(firstBuckets[64 - nanoseconds.leadingZeroBitCount])
        while bucket < bounds.count, bounds[bucket] < nanoseconds { bucket += 1 }
        return bucket
    }
}

/// What a histogram, or several together, had counted at one moment.
public struct LatencySnapshot: Sendable, Equatable {
    /// Durations by bucket: those up to ``LatencyHistogram/bounds``, then the longer ones.
    public var counts = [UInt64](repeating: 0, count: LatencyHistogram.bounds.count + 1)
    /// The sum of all durations, in nanoseconds.
    public var nanoseconds: UInt64 = 0

    /// Nothing.
    public init() {}

    /// How many durations there are.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Both together.
    public static func + (left: LatencySnapshot, right: LatencySnapshot) -> LatencySnapshot {
        var sum = LatencySnapshot()
        for index in sum.counts.indices { sum.counts[index] = left.counts[index] &+ right.counts[index] }
        sum.nanoseconds = left.nanoseconds &+ right.nanoseconds
        return sum
    }
}
