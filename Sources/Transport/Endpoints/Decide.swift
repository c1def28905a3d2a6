// From an encoded CheckRequest to a decision whose effects were carried out: what all endpoints that authorize have in common.

import Bytes
import EnvoyProtocol
import Sessions

extension Endpoints {
    /// Decides about an encoded CheckRequest, carries out what the decision asks for, and has `write` write the answer.
    /// - Throws: When the message is no CheckRequest.
    @inline(__always)
    func authorize(
        _ message: Bytes, of exchange: Exchange, at now: Timestamp, _ write: (SettledDecision, Request) -> Void
    ) throws(WireError) -> Step<Void> {
        let policy = policy
        let check = try CheckRequest(protobuf: message, addressHeader: policy.clientAddressHeader.view)
        // It owns the values of headers that came several times.
        defer { withExtendedLifetime(check) {} }
        switch decide(check.request, message, of: exchange, at: now) {
        case .needs(let lookup): return wait(for: lookup)
        case .failed(let fault): return fail(fault, at: now)
        case .decided(let decision):
            switch memory.carryOut(decision, policy, at: now) {
            case .needs(let lookup): return wait(for: lookup)
            case .failed(let fault): return fail(fault, at: now)
            case .decided(let settled):
                counters.count(settled)
                log?.note(settled.decision, check.request, at: now)
                write(settled, check.request)
                return .decided(())
            }
        }
    }

    @inline(__always)
    private func decide(
        _ request: Request, _ message: Bytes, of exchange: Exchange, at now: Timestamp
    ) -> Step<Decision> {
        if let decision = exchange.detached?.result { return .decided(decision) }
        let step = Sessions.decide(request, policy, memory, at: now, &scratch)
        memory.keep(&scratch, policy, at: now)
        guard case .needs(.worker) = step else { return step }
        let check = DetachedCheck(of: message, policy, memory)
        exchange.detached = check
        return .needs(.detached(check))
    }

    private func wait(for lookup: Lookup) -> Step<Void> {
        counters.waited[lookup.kind].add()
        return .needs(lookup)
    }

    private func fail(_ fault: Fault, at now: Timestamp) -> Step<Void> {
        if fault == .routeMisconfigured { log?.misconfigured(scratch.routeProblem, at: now.milliseconds) }
        return .failed(fault)
    }
}
