// From an encoded CheckRequest to a decision whose effects were carried out: what all endpoints that authorize have in common.

import Bytes
import EnvoyProtocol
import Sessions
import Telemetry

extension Endpoints {
    /// Decides about an encoded CheckRequest, carries out what the decision asks for, and has `write` write the answer.
    /// - Throws: When the message is no CheckRequest.
    @inline(__always)
    func authorize(
        _ message: Bytes, of exchange: Exchange, at now: Timestamp, _ write: (SettledDecision, Request) -> Void
    ) throws(WireError) -> Step<Void> {
        let policy = policy
        let check = try CheckRequest(
            protobuf: message, addressHeader: policy.clientAddressHeader.view, identifies: isRecording)
        // It owns the values of headers that came several times.
        defer { withExtendedLifetime(check) {} }
        let step = decide(check.request, of: exchange, at: now)
        let result = carryOut(step, of: check.request, pending: exchange.claim, at: now) {
            CheckTiming(lookups: exchange.rounds, age: exchange.age)
        } answer: { settled in
            write(settled, check.request)
        }
        if case .needs(.nonce(let claim)) = result { exchange.claim = claim }
        return result
    }

    /// Decides about `request`, carries out what the decision asks for, and counts it: for a caller that has no exchange.
    /// - Parameters:
    ///   - decision: What a worker has decided about it; nil when it is to be decided here.
    ///   - pending: Its nonce's claim, once that was a lookup which it needed.
    ///   - timing: How long it has taken so far.
    ///   - detach: Makes the check one for a worker, of bytes that it owns.
    package func settle(
        _ request: Request, decidedAs decision: Decision?, pending: PendingClaim?, at now: Timestamp,
        timing: () -> CheckTiming, detach: (Workload) -> DetachedCheck
    ) -> Step<SettledDecision> {
        let known = pending?.decision(under: policy) ?? decision
        var step = known.map { Step.decided($0) } ?? decideHere(request, at: now)
        if case .needs(.worker(let workload)) = step { step = .needs(.detached(detach(workload))) }
        var found: SettledDecision?
        let result = carryOut(step, of: request, pending: pending, at: now, timing) { found = $0 }
        switch result {
        case .needs(let lookup): return .needs(lookup)
        case .failed(let fault):
            note(fault, request, timing(), at: now)
            return .failed(fault)
        case .decided: return found.map { .decided($0) } ?? .failed(.unresolved)
        }
    }

    /// The check of a CheckRequest, for a worker: an answer to ``settle(_:decidedAs:pending:at:detach:)``.
    package func detach(_ workload: Workload, of message: [UInt8]) -> DetachedCheck {
        DetachedCheck(workload, of: message, from: 0, policy, memory)
    }

    /// Counts a request that can't be decided.
    package func countFailure(_ fault: Fault) { counters.failed[fault.index].add() }

    /// Notes that there is no decision about `request`: for a caller that has no exchange.
    package func noteFailure(of request: Request, _ fault: Fault, _ timing: CheckTiming, at now: Timestamp) {
        note(fault, request, timing, at: now)
    }

    /// The decision is handed on by a call, not returned: each step on its way up would copy it.
    @inline(__always)
    private func carryOut(
        _ step: consuming Step<Decision>, of request: Request, pending: PendingClaim?, at now: Timestamp,
        _ timing: () -> CheckTiming, answer: (SettledDecision) -> Void
    ) -> Step<Void> {
        switch consume step {
        case .needs(let lookup): return wait(for: lookup)
        case .failed(let fault): return fail(fault, at: now)
        case .decided(let decision):
            switch memory.carryOut(decision, policy, at: now, pending: pending) {
            case .needs(let lookup): return wait(for: lookup)
            case .failed(let fault): return fail(fault, at: now)
            case .decided(let settled):
                counters.count(settled)
                answer(settled)
                if let forecast, forecast.isCounting { forecast.note(settled, request, policy, at: now) }
                note(settled, request, timing(), at: now)
                return .decided(())
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

    private func wait(for lookup: Lookup) -> Step<Void> {
        counters.waited[lookup.kind].add()
        return .needs(lookup)
    }

    private func fail(_ fault: Fault, at now: Timestamp) -> Step<Void> {
        if fault == .routeMisconfigured { log?.misconfigured(scratch.routeProblem, at: now.milliseconds) }
        return .failed(fault)
    }
}

// MARK: - What is noted of it

/// How long a check has taken.
package struct CheckTiming {
    /// For how many lookups it has waited.
    let lookups: Int
    /// Nanoseconds since the request had arrived whole.
    let age: Int64

    /// So much, so far.
    package init(lookups: Int, age: Int64) {
        self.lookups = lookups
        self.age = age
    }
}

extension Endpoints {
    /// Counts how long the check took. Most checks leave nothing else behind.
    @inline(__always)
    private func note(_ settled: SettledDecision, _ request: Request, _ timing: CheckTiming, at now: Timestamp) {
        let outcome = settled.decision.outcome
        counters.durations[CheckOutcome(outcome).index].add(timing.age)
        if isRecording || outcome == .refused || timing.lookups > 0 {
            record(settled.decision, isRetry: settled.isRetry, request, timing, at: now)
        }
    }

    /// Records what was decided, where that is wanted.
    @inline(never)
    private func record(
        _ decision: Decision, isRetry: Bool, _ request: Request, _ timing: CheckTiming, at now: Timestamp
    ) {
        if decision.outcome == .refused { refusals.note(decision, request, policy, at: now) }
        if let consumers, let consumer = decision.identity?.consumer { consumers.add(consumer) }
        // The proxy's retry is the same request once more, which limits count once.
        if !isRetry { decisions?.note(decision, request, timing, policy, at: now) }
        if timing.lookups > 0 { logWait(CheckOutcome(decision.outcome), nil, request, timing, at: now) }
    }

    /// Notes that there is no decision.
    private func note(_ fault: Fault, _ request: Request, _ timing: CheckTiming, at now: Timestamp) {
        counters.durations[CheckOutcome.failed.index].add(timing.age)
        decisions?.note(fault, request, timing, policy, at: now)
        if timing.lookups > 0 { logWait(.failed, fault, request, timing, at: now) }
    }

    private func logWait(
        _ outcome: CheckOutcome, _ fault: Fault?, _ request: Request, _ timing: CheckTiming, at now: Timestamp
    ) {
        log?.waited(at: now.milliseconds) {
            var wait = CheckLog.Wait()
            wait.outcome = outcome.rawValue
            wait.fault = fault?.rawValue ?? ""
            wait.id = request.identified.recordID
            wait.lookups = timing.lookups
            wait.duration = timing.age / 1000
            return wait
        }
    }

    /// Notes that there is no decision about the request of `exchange`, if it asks for one.
    func noteFailure(of exchange: Exchange, _ fault: Fault, at now: Timestamp) {
        switch exchange.head.endpoint {
        case .check, .authorize, .forwardAuth: break
        case .healthCheck, .healthWatch, .identity, .keys, .badPrefix, .other: return
        }
        let timing = CheckTiming(lookups: exchange.rounds, age: exchange.age)
        let (bytes, start) = exchange.encodedCheck
        let isNoted: Void? = bytes.withBytes { bytes in
            // It was read once already.
            try? policy.withRequest(bytes.dropFirst(start)) { note(fault, $0, timing, at: now) }
        }
        if isNoted == nil { counters.durations[CheckOutcome.failed.index].add(timing.age) }
    }
}

extension Exchange {
    /// The encoded CheckRequest, and where in the bytes it begins.
    fileprivate var encodedCheck: (bytes: [UInt8], start: Int) {
        message.isEmpty ? (body, GRPCFrame.prefixLength) : (message, 0)
    }

    /// Makes the check one for a worker. It shares the bytes of the request, which stay as they are until the exchange is used again.
    /// - Parameter asksForIdentity: Whether the request is about itself, and goes to no wiki.
    fileprivate func detach(
        _ workload: Workload, asksForIdentity: Bool, _ policy: Policy, _ memory: Memory
    ) -> DetachedCheck {
        let (bytes, start) = encodedCheck
        let check = DetachedCheck(workload, of: bytes, from: start, asksForIdentity: asksForIdentity, policy, memory)
        detached = check
        return check
    }
}
