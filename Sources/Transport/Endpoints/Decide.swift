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
        let step = decide(check.request, of: exchange, at: now)
        switch carryOut(step, of: check.request, pending: exchange.claim, at: now) {
        case .needs(let lookup):
            if case .nonce(let claim) = lookup { exchange.claim = claim }
            return .needs(lookup)
        case .failed(let fault): return .failed(fault)
        case .decided(let settled):
            write(settled, check.request)
            return .decided(())
        }
    }

    /// Decides about `request`, carries out what the decision asks for, and counts it: for a caller that has no exchange.
    /// - Parameters:
    ///   - decision: What a worker has decided about it; nil when it is to be decided here.
    ///   - pending: Its nonce's claim, once that was a lookup which it needed.
    ///   - detach: Makes the check one for a worker, of bytes that it owns.
    package func settle(
        _ request: Request, decidedAs decision: Decision?, pending: PendingClaim?, at now: Timestamp,
        detach: (Workload) -> DetachedCheck
    ) -> Step<SettledDecision> {
        let known = pending?.decision(under: policy) ?? decision
        var step = known.map { Step.decided($0) } ?? decideHere(request, at: now)
        if case .needs(.worker(let workload)) = step { step = .needs(.detached(detach(workload))) }
        return carryOut(step, of: request, pending: pending, at: now)
    }

    /// The check of a CheckRequest, for a worker: an answer to ``settle(_:decidedAs:pending:at:detach:)``.
    package func detach(_ workload: Workload, of message: [UInt8]) -> DetachedCheck {
        DetachedCheck(workload, of: message, from: 0, policy, memory)
    }

    /// Counts a request that can't be decided.
    package func countFailure(_ fault: Fault) { counters.failed[fault.index].add() }

    @inline(__always)
    private func carryOut(
        _ step: consuming Step<Decision>, of request: Request, pending: PendingClaim?, at now: Timestamp
    ) -> Step<SettledDecision> {
        switch consume step {
        case .needs(let lookup): return wait(for: lookup)
        case .failed(let fault): return fail(fault, at: now)
        case .decided(let decision):
            switch memory.carryOut(decision, policy, at: now, pending: pending) {
            case .needs(let lookup): return wait(for: lookup)
            case .failed(let fault): return fail(fault, at: now)
            case .decided(let settled):
                counters.count(settled)
                log?.note(settled.decision, request, at: now)
                return .decided(settled)
            }
        }
    }

    /// Decides about the request of `exchange`, or hands it to a worker, whose decision is the result the next time.
    @inline(__always)
    func decide(_ request: Request, of exchange: Exchange, at now: Timestamp) -> Step<Decision> {
        if let decision = exchange.claim?.decision(under: policy) { return .decided(decision) }
        if let check = exchange.detached, let decision = check.result {
            if check.policy === policy { return .decided(decision) }
            exchange.detached = nil
        }
        let step = decideHere(request, at: now)
        guard case .needs(.worker(let workload)) = step else { return step }
        return .needs(.detached(exchange.detach(workload, asksForIdentity: request.asksForIdentity, policy, memory)))
    }

    /// Decides about `request` on this thread, and has rows read anew that expire soon.
    @inline(__always)
    private func decideHere(_ request: Request, at now: Timestamp) -> Step<Decision> {
        let step = Sessions.decide(request, policy, memory, at: now, &scratch)
        memory.keep(&scratch, policy, at: now)
        if case .some = scratch.refresh { refresh(at: now) }
        return step
    }

    /// Has rows read anew. No request waits for it; when it fails, a later one has them looked up again.
    @inline(never)
    private func refresh(at now: Timestamp) {
        guard let lookup = scratch.refresh else { return }
        scratch.refresh = nil
        resolver?.resolve(lookup, at: now) { _ in }
    }

    private func wait(for lookup: Lookup) -> Step<SettledDecision> {
        counters.waited[lookup.kind].add()
        return .needs(lookup)
    }

    private func fail(_ fault: Fault, at now: Timestamp) -> Step<SettledDecision> {
        if fault == .routeMisconfigured { log?.misconfigured(scratch.routeProblem, at: now.milliseconds) }
        return .failed(fault)
    }
}

extension Exchange {
    /// Makes the check one for a worker. It shares the bytes of the request, which stay as they are until the exchange is used again.
    /// - Parameter asksForIdentity: Whether the request is about itself, and goes to no wiki.
    fileprivate func detach(
        _ workload: Workload, asksForIdentity: Bool, _ policy: Policy, _ memory: Memory
    ) -> DetachedCheck {
        let (bytes, start) = message.isEmpty ? (body, GRPCFrame.prefixLength) : (message, 0)
        let check = DetachedCheck(workload, of: bytes, from: start, asksForIdentity: asksForIdentity, policy, memory)
        detached = check
        return check
    }
}
