// What is served on the data listeners: each endpoint is a file of its own.

import Bytes
import EnvoyProtocol
import Logging
import Sessions
import Telemetry

/// The endpoints of the data listeners, for one event loop.
package final class Endpoints: Service {
    // exclusivity(unchecked): both are used on the event loop alone, and no code that is called while they are in use reaches
    // them. The checks took 600 instructions a request.
    /// The policy in force; replaced as a whole, on the event loop.
    @exclusivity(unchecked) package var policy: Policy
    /// What became of the checks.
    package let counters = CheckCounters()
    let memory: Memory
    let readiness: Readiness
    let maxMessageBytes: Int
    let trustedPeers: TrustedPeers
    let log: CheckLog?
    let refusals: RefusalRecorder
    let decisions: DecisionRecorder?
    let consumers: ConsumerTally?
    /// Whether decisions are recorded beside refusals.
    let isRecording: Bool
    let forecast: ForecastTap?
    /// Reads rows anew before they expire; nil: they expire.
    let resolver: (any Resolver)?
    @exclusivity(unchecked) var scratch = Scratch()

    /// Bytes of the largest form that an event loop verifies itself.
    private static let maxFormBytes = 64 << 10
    /// Bytes of the longest query that it reads; common web servers take no longer ones.
    private static let maxQueryBytes = 8 << 10

    /// Endpoints that decide by `policy` and `memory`; refusals are logged to `logger`, decisions in `records`.
    /// - Parameter forecast: Where requests go that are counted against policies.
    package init(
        policy: Policy, memory: Memory, readiness: Readiness, maxMessageBytes: Int,
        trustedPeers: TrustedPeers = TrustedPeers(), resolver: (any Resolver)? = nil, logger: Logger? = nil,
        records: DecisionRecords = DecisionRecords(), forecast: ForecastQueue? = nil
    ) {
        self.resolver = resolver
        self.policy = policy
        self.memory = memory
        self.readiness = readiness
        self.maxMessageBytes = maxMessageBytes
        self.trustedPeers = trustedPeers
        log = logger.map { CheckLog($0) }
        refusals = RefusalRecorder(log, records)
        decisions = records.log.map { DecisionRecorder($0) }
        consumers = records.consumers
        isRecording = decisions != nil || consumers != nil
        self.forecast = forecast.map(ForecastTap.init)
        scratch.maxFormBytes = Self.maxFormBytes
        scratch.maxQueryBytes = Self.maxQueryBytes
    }

    package func serve(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        switch exchange.head.endpoint {
        case .check: return serveCheck(exchange, at: now)
        case .healthCheck, .healthWatch: serveHealth(exchange)
        case .identity: return serveIdentity(exchange, from: remote, at: now)
        case .keys: serveKeys(exchange)
        case .authorize: return serveAuthorize(exchange, from: remote, at: now)
        case .forwardAuth: return serveForwardAuth(exchange, from: remote, at: now)
        case .badPrefix, .other: return refuseUnknown(exchange)
        }
        return .decided(())
    }

    package func fail(_ exchange: Exchange, _ fault: Fault, at now: Timestamp) {
        if exchange.head.endpoint == .identity {
            counters.identityFaults[fault.index].add()
        } else {
            countFailure(fault)
            noteFailure(of: exchange, fault, at: now)
        }
        exchange.reply.fail(fault, isCall: exchange.isCall)
    }

    /// In the words of each protocol: a gRPC client is told UNIMPLEMENTED, any other 404.
    private func refuseUnknown(_ exchange: Exchange) -> Step<Void> {
        if exchange.isCall {
            exchange.reply.fail(.unimplemented, "unknown method")
        } else {
            exchange.reply.fail(http: 404, "not found")
        }
        return rejected(exchange, .unknownPath)
    }
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
