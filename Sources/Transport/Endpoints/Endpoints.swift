// What is served on the data listeners: each endpoint is a file of its own.

import Sessions
import Logging
import Bytes

/// The endpoints of the data listeners, for one event loop.
package final class Endpoints: Service {
    /// Checks requests.
    package let authorizer: Authorizer
    let gate: Gate
    let readiness: Readiness
    let maxMessageBytes: Int
    let trustedPeers: TrustedPeers
    let refusals: RefusalLog?

    /// Endpoints that ask an authorizer of their own; refusals go to `logger`.
    package init(
        gate: Gate, readiness: Readiness, maxMessageBytes: Int, trustedPeers: TrustedPeers = TrustedPeers(),
        logger: Logger? = nil
    ) {
        refusals = logger.map { RefusalLog($0) }
        authorizer = Authorizer(gate: gate)
        authorizer.largestForm = 64 << 10
        self.gate = gate
        self.readiness = readiness
        self.maxMessageBytes = maxMessageBytes
        self.trustedPeers = trustedPeers
    }

    package func serve(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> ServiceStep {
        switch exchange.head.endpoint {
        case .check: return serveCheck(exchange, at: now)
        case .healthCheck, .healthWatch: serveHealth(exchange)
        case .identity: return serveIdentity(exchange, from: remote, at: now)
        case .keys: serveKeys(exchange)
        case .authorize: return serveAuthorize(exchange, from: remote, at: now)
        case .forwardAuth: return serveForwardAuth(exchange, from: remote, at: now)
        case .badPrefix, .other: refuseUnknown(exchange)
        }
        return .answered
    }

    package func fail(_ exchange: Exchange, _ fault: Fault) {
        authorizer.counters.failed[fault].add()
        exchange.reply.fail(fault, isCall: exchange.isCall)
    }

    /// RFC-like for each protocol: a gRPC client is told UNIMPLEMENTED, any other 404.
    private func refuseUnknown(_ exchange: Exchange) {
        if exchange.isCall {
            exchange.reply.fail(.unimplemented, "unknown method")
        } else {
            exchange.reply.fail(http: 404, "not found")
        }
    }
}

extension [Counters.Cell] {
    subscript(fault: Fault) -> Counters.Cell { self[Fault.allCases.firstIndex(of: fault) ?? 0] }
}

extension Exchange {
    /// Whether the method is one of `allowed`; answers 405 when it is not.
    func requireMethod(_ allowed: [RequestHead.Method], _ list: StaticString) -> Bool {
        if allowed.contains(head.method) { return true }
        reply.fail(http: 405, "method not allowed")
        reply.addField("allow", list)
        return false
    }

    /// Whether the request is a gRPC call made with POST; answers 405 or 415 when it is not.
    func requireCall() -> Bool {
        guard requireMethod([.post], "POST") else { return false }
        if isCall { return true }
        reply.fail(http: 415, "unsupported media type")
        return false
    }
}
