// Which kinds of requests a load consists of, by weight.

/// Kinds and weights: `oauth1-cookie=5,anonymous=2`.
package struct Mix: Equatable, Sendable {
    /// What is wrong with a text.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        /// One sentence.
        package let description: String
    }

    /// The kinds, in the order given, with the sum of the weights up to and with each.
    private var bounds: [Bound] = []

    private struct Bound: Equatable {
        let kind: LoadKind
        let sum: UInt64
    }

    /// Reads a mix; a kind without a weight has 1.
    package init(_ text: String) throws(Problem) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let kind = LoadKind(rawValue: String(pair[0])) else {
                let kinds = LoadKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(description: "no kind of request is called '\(pair[0])'; expected \(kinds)")
            }
            guard let weight = pair.count == 1 ? 1 : UInt64(pair[1]), 1...1_000_000 ~= weight else {
                throw Problem(description: "the weight of \(kind.rawValue) must be a number from 1 to 1000000")
            }
            guard !kinds.contains(kind) else { throw Problem(description: "\(kind.rawValue) is there twice") }
            bounds.append(Bound(kind: kind, sum: total + weight))
        }
    }

    /// The kinds.
    package var kinds: [LoadKind] { bounds.map(\.kind) }

    private var total: UInt64 { bounds.last?.sum ?? 0 }

    /// A kind, each as often as its weight says.
    package func pick(using random: inout some RandomNumberGenerator) -> LoadKind {
        let number = UInt64.random(in: 0..<total, using: &random)
        guard let bound = bounds.first(where: { number < $0.sum }) else { preconditionFailure("the mix is empty") }
        return bound.kind
    }
}
