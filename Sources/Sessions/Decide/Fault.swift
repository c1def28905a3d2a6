// Why there can be no decision.

/// A failure of ours, never the client's: answered as an outage, so that the edge's failure mode decides.
public enum Fault: String, Error, Sendable, CaseIterable {
    /// A store did not answer, or with an error.
    case storeUnavailable = "store-unavailable"
    /// No key to sign or verify with.
    case keyUnavailable = "key-unavailable"
    /// No room to remember another nonce.
    case nonceMemoryFull = "nonce-memory-full"
    /// The store of nonces that all instances share can't be asked.
    case nonceStoreUnavailable = "nonce-store-unavailable"
    /// The caller's deadline passed.
    case deadlineExceeded = "deadline-exceeded"
    /// Too much is waiting already.
    case overloaded = "overloaded"
    /// A check did not come to an end.
    case unresolved = "unresolved"
    /// The route's configuration says something that is not understood.
    case routeMisconfigured = "route-misconfigured"

    /// Position in `allCases`.
    public var index: Int {
        switch self {
        case .storeUnavailable: 0
        case .keyUnavailable: 1
        case .nonceMemoryFull: 2
        case .nonceStoreUnavailable: 3
        case .deadlineExceeded: 4
        case .overloaded: 5
        case .unresolved: 6
        case .routeMisconfigured: 7
        }
    }
}
