// What became of checks, counted by event loop and added up when it is read.

import Sessions

/// The counters of one event loop's checks.
public struct CheckCounters: Sendable {
    /// Authenticated requests, by ``Sessions/SessionType/index``.
    public let authenticated = SessionType.allCases.map { _ in Counter() }
    /// Anonymous requests.
    public let anonymous = Counter()
    /// Refusals by ``Sessions/Reason/index``; those that observe mode let through are counted here too.
    public let refused = Reason.allCases.map { _ in Counter() }
    /// Refusals that observe mode let through.
    public let observed = Counter()
    /// Requests without a decision, by ``Sessions/Fault/index``.
    public let failed = Fault.allCases.map { _ in Counter() }
    /// Checks that had to wait for a lookup, by ``Sessions/Lookup/kind``.
    public let waited = Lookup.kinds.map { _ in Counter() }
    /// Cookies set for clients without a valid one, and those that took the place of one that was due.
    public let cookiesSet = Counter(), cookiesRefreshed = Counter()
    /// Cookies kept.
    public let cookiesKept = Counter()
    /// How long checks took, by ``CheckOutcome/index``.
    public let durations = CheckOutcome.allCases.map { _ in LatencyHistogram() }
    /// Requests that were the proxy's retry of an answered one.
    public let retries = Counter()

    /// Requests that were answered without a decision, through the caller's fault.
    public let rejected = RejectionCounters()
    /// Answers of `/v1/identity` by ``CheckOutcome/index``. They are not checks: nothing depends on them.
    public let identityAnswers = CheckOutcome.allCases.map { _ in Counter() }
    /// Its faults, by ``Sessions/Fault/index``.
    public let identityFaults = Fault.allCases.map { _ in Counter() }

    /// Zeros.
    public init() {}

    /// Checks without a decision for `fault`.
    public func failures(_ fault: Fault) -> UInt64 { failed[fault.index].current }

    /// Counts a decision that was carried out.
    public func count(_ settled: SettledDecision) {
        let decision = settled.decision
        switch decision.outcome {
        case .anonymous: anonymous.add()
        case .authenticated:
            if let type = decision.identity?.type { authenticated[type.index].add() }
        case .refused:
            if let reason = decision.reason { refused[reason.index].add() }
            if decision.mode == .observe { observed.add() }
        }
        switch decision.cookie {
        case .none: break
        case .keep: cookiesKept.add()
        case .set:
            if decision.refreshesCookie { cookiesRefreshed.add() } else { cookiesSet.add() }
        }
        if settled.isRetry { retries.add() }
    }
}
