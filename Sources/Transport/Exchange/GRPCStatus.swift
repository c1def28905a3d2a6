// The gRPC statuses of our answers, and which fault has which.

import Sessions

/// A gRPC status code (google.rpc.Code).
package enum GRPCStatus: UInt8, Sendable, CaseIterable {
    /// 0.
    case ok = 0
    /// 3: the message can't be read.
    case invalidArgument = 3
    /// 4: the caller's deadline passed.
    case deadlineExceeded = 4
    /// 5: no such service to report the health of.
    case notFound = 5
    /// 8: too large, or too much at once.
    case resourceExhausted = 8
    /// 9: the route's settings name something that does not exist.
    case failedPrecondition = 9
    /// 12: no such method, or a compressed message.
    case unimplemented = 12
    /// 13: the call broke the protocol of a unary call.
    case `internal` = 13
    /// 14: a store or a key is missing, or the server is going away.
    case unavailable = 14

    /// The status of a fault: never one that reads like a refusal.
    package init(_ fault: Fault) {
        self =
            switch fault {
            case .storeUnavailable, .keyUnavailable, .nonceStoreUnavailable, .unresolved: .unavailable
            case .deadlineExceeded: .deadlineExceeded
            case .nonceMemoryFull, .overloaded: .resourceExhausted
            case .routeMisconfigured: .failedPrecondition
            }
    }

    /// `grpc-status`.
    package var digits: StaticString {
        switch self {
        case .ok: "0"
        case .invalidArgument: "3"
        case .deadlineExceeded: "4"
        case .notFound: "5"
        case .resourceExhausted: "8"
        case .failedPrecondition: "9"
        case .unimplemented: "12"
        case .internal: "13"
        case .unavailable: "14"
        }
    }
}

extension Fault {
    /// A short message for `grpc-message` and JSON errors, without details of the installation.
    package var summary: StaticString {
        switch self {
        case .storeUnavailable: "store unavailable"
        case .keyUnavailable: "key unavailable"
        case .nonceMemoryFull: "nonce memory full"
        case .nonceStoreUnavailable: "nonce store unavailable"
        case .deadlineExceeded: "deadline exceeded"
        case .overloaded: "overloaded"
        case .unresolved: "check did not come to an end"
        case .routeMisconfigured: "route misconfigured"
        }
    }

    /// The status of a fault in plain HTTP.
    package var httpStatus: Int { self == .deadlineExceeded ? 504 : 503 }
}
