// Requests that are answered without a decision are counted by what they asked and why, so that an operator sees a proxy that asks
// in a wrong way. It is counted where such an answer is made: a check that is decided pays nothing for it.

import Bytes
import Sessions
import Telemetry

extension Endpoints {
    /// Counts the request of `exchange`, which was answered without a decision for `problem`.
    @inline(never)
    func rejected(_ exchange: Exchange, _ problem: Rejection.Problem) -> Step<Void> {
        if let endpoint = exchange.head.endpoint.rejected { counters.rejected.add(endpoint, problem) }
        return .decided(())
    }

    /// Counts the call of `exchange`, which was answered with a gRPC status that says why there is no decision.
    @inline(never)
    func rejectedCall(_ exchange: Exchange) -> Step<Void> {
        switch exchange.reply.grpcStatus {
        case .resourceExhausted: rejected(exchange, .tooLarge)
        case .unimplemented: rejected(exchange, .unsupported)
        default: rejected(exchange, .malformed)
        }
    }

    package func refuse(_ exchange: Exchange, _ flaw: Exchange.Flaw) {
        exchange.reply.refuse(flaw, isCall: exchange.isCall)
        _ = rejected(exchange, flaw.problem)
    }
}

extension Endpoint {
    /// What a request asked here; nil where none asks for a decision.
    fileprivate var rejected: Rejection.Endpoint? {
        switch self {
        case .check: .check
        case .authorize: .authorize
        case .forwardAuth: .forwardAuth
        case .identity: .identity
        case .badPrefix, .other: .other
        case .healthCheck, .healthWatch, .keys: nil
        }
    }
}

extension Exchange.Flaw {
    fileprivate var problem: Rejection.Problem {
        switch self {
        case .largeHead, .largeBody: .tooLarge
        case .backlog: .backlog
        case .malformed: .malformed
        case .version: .unsupported
        }
    }
}
