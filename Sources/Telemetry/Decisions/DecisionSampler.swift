// Which decisions are recorded. Instances agree on it, so that what one request meets on its way is recorded everywhere or nowhere:
//
//     hash = fmix64(FNV-1a 64 (request id))      recorded when hash < rate · 2^64
//
// FNV-1a is that of http://www.isthe.com/chongo/tech/comp/fnv; fmix64 is the finalizer of MurmurHash3, since the upper bits of
// FNV hashes of similar texts are similar. It is no keyed hash: a client that may choose its request id can choose to be recorded.
// A request without an id is recorded at random.

import Bytes

/// Picks decisions at the rates of the configuration.
package struct DecisionSampler: Sendable {
    private enum Rule: Sendable {
        case never, always
        case below(UInt64)

        init(rate: Double) {
            let bound = rate * 0x1p64
            self = rate <= 0 ? .never : bound >= 0x1p64 ? .always : .below(UInt64(bound))
        }
    }

    private let rules: [Rule]
    private let weights: [Double]
    /// SplitMix64, for requests without an id.
    private var state: UInt64

    /// A sampler of `rates`.
    /// - Parameter seed: Of the random numbers.
    package init(_ rates: DecisionSettings.Rates, seed: UInt64) {
        rules = CheckOutcome.allCases.map { Rule(rate: rates[$0]) }
        weights = CheckOutcome.allCases.map { rates[$0] > 0 ? 1 / min(1, rates[$0]) : 1 }
        state = seed
    }

    /// For how many requests a record stands.
    package func weight(_ outcome: CheckOutcome) -> Double { weights[outcome.index] }

    /// Whether a check with `outcome` may be recorded at all.
    package func records(_ outcome: CheckOutcome) -> Bool {
        if case .never = rules[outcome.index] { false } else { true }
    }

    /// Whether the check of the request `id` is recorded.
    package mutating func isSampled(_ outcome: CheckOutcome, id: Bytes) -> Bool {
        switch rules[outcome.index] {
        case .never: false
        case .always: true
        case .below(let bound): (id.isEmpty ? random() : Self.hash(id)) < bound
        }
    }

    /// The hash that instances agree on.
    package static func hash(_ id: Bytes) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.buffer { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ hash >> 33
    }

    private mutating func random() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
