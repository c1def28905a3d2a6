// What an operator decides about the record of decisions.

/// Which decisions are written where.
public struct DecisionSettings: Equatable, Sendable {
    /// The part of the checks of each outcome that is recorded, from 0 to 1.
    public struct Rates: Equatable, Sendable {
        /// Of authenticated requests.
        public var authenticated = 0.01
        /// Of anonymous requests.
        public var anonymous = 0.001
        /// Of refused requests.
        public var refused = 1.0
        /// Of checks without a decision.
        public var failed = 1.0

        /// One in a hundred, one in a thousand, all, all.
        public init() {}

        /// The rate of `outcome`.
        subscript(_ outcome: CheckOutcome) -> Double {
            switch outcome {
            case .authenticated: authenticated
            case .anonymous: anonymous
            case .refused: refused
            case .failed: failed
            }
        }
    }

    /// A file, a named pipe, or `-` for standard output; nil: no decision is written.
    public var file: String?
    /// How many are written.
    public var sample = Rates()
    /// Bytes of lines that may wait until they are written; further ones are dropped and counted.
    public var queueBytes = 4 << 20
    /// So many of the last refused requests are kept in memory, to be explained.
    public var keepRefused = 100
    /// Whether the names of users are written.
    public var userNames = false
    /// Whether the addresses of clients without a rate limit key are written.
    public var clientAddresses = true
    /// What this instance is called; nil: as the machine.
    public var instance: String?

    /// Nothing is written.
    public init() {}

    /// Whether `file` stands for standard output.
    package static func isStandardOutput(_ file: String) -> Bool { file == "-" || file == "stdout" }
}
