// What is counted when there are more keys than memory for them.
//
// Each time memory is full, half of the keys that make few requests are forgotten, and no longer taken up: those whose hash does not
// begin with one more zero bit. What remains is a fair sample of all keys, whatever was sent and in whatever order, so that it says how
// many keys there are and how their peaks are distributed (P. Flajolet, "On adaptive sampling", 1990). The hash is the same in all
// instances: their samples can be put together.
//
// A key that makes many requests must not be missed. It is taken up with a small chance at each of its requests, and is counted by
// itself from then on (C. Estan, G. Varghese, "New directions in traffic measurement", 2002: sample and hold). So made-up keys, each of
// which makes few requests, take neither memory nor the places of real ones.

import Bytes

/// Which keys of a group are counted, and how many keys each stands for.
package struct Sampling: Sendable, Equatable {
    /// Leading zero bits that the hash of a key with few requests must have; 0 while every key is counted.
    package private(set) var level = 0

    /// Requests since the start from which on a key stands for itself alone.
    package private(set) var threshold = 0.0

    /// Every key is counted.
    package init() {}

    init(level: Int, threshold: Double) { (self.level, self.threshold) = (level, threshold) }

    /// Whether a key is in the sample.
    package func contains(_ key: Bytes) -> Bool { level == 0 || stableHash(key).leadingZeroBitCount >= level }

    /// How many keys a counted one stands for, 0 for one that must not count yet.
    /// - Parameter total: Its requests since the start.
    package func weight(of key: Bytes, total: Double) -> Double {
        if level == 0 || total >= threshold { return 1 }
        return contains(key) ? Double(1 << min(level, 40)) : 0
    }

    /// Halves the sample.
    /// - Parameter totals: The requests of each counted key since the start. A quarter of the keys at most stand for themselves.
    mutating func halve(_ totals: [Double]) {
        level += 1
        threshold = max(threshold, Double(8 << min(level, 40)))
        while totals.count(where: { $0 >= threshold }) * 4 > totals.count, threshold < 0x1p40 { threshold *= 2 }
    }

    /// Whether a key that is not in the sample is taken up at this request. One that has made `threshold` requests was missed with a
    /// probability of 1 in 3000.
    func holds(weight: Double, _ random: inout SplitMix) -> Bool {
        Double(random.next() >> 11) * 0x1p-53 < weight * 8 / threshold
    }
}

extension Sampling {
    /// What holds for samples of both put together.
    package func union(_ other: Sampling) -> Sampling {
        Sampling(level: max(level, other.level), threshold: max(threshold, other.threshold))
    }
}

/// A hash that is the same in every process: a multiplication for every eight bytes, and the last step of MurmurHash3 so that every
/// bit depends on every byte.
package func stableHash(_ text: Bytes, _ start: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
    var hash = start ^ UInt64(text.count)
    func mix(_ word: UInt64) {
        hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 32
    }
    let base = UnsafeRawPointer(text.start)
    var offset = 0
    while offset + 8 <= text.count {
        mix(UInt64(littleEndian: (base + offset).loadUnaligned(as: UInt64.self)))
        offset += 8
    }
    var rest: UInt64 = 0
    while offset < text.count {
        rest = rest << 8 | UInt64(text[offset])
        offset += 1
    }
    mix(rest)
    hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ hash >> 33
}

/// Random numbers from a seed (G. Steele, "Fast splittable pseudorandom number generators").
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The same seed gives the same numbers.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
