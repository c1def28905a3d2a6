// The kinds of results that a check has: those of decisions, and a failure to decide.

import Sessions

/// What became of a check.
public enum CheckOutcome: String, Sendable, CaseIterable {
    /// Valid credentials.
    case authenticated
    /// No credentials, or a cookie that does not count.
    case anonymous
    /// Invalid credentials.
    case refused
    /// There was no decision.
    case failed

    /// The outcome of a decision.
    public init(_ outcome: Decision.Outcome) {
        switch outcome {
        case .authenticated: self = .authenticated
        case .anonymous: self = .anonymous
        case .refused: self = .refused
        }
    }

    /// Position in `allCases`.
    public var index: Int {
        switch self {
        case .authenticated: 0
        case .anonymous: 1
        case .refused: 2
        case .failed: 3
        }
    }
}
