// Check, look up, check again: the loop around a check, for all that may block. The event loops go the same way, with a wait at each
// lookup.

/// Asks `check` and has what it needs resolved by `load`, until there is a decision. Blocking: for workers and tools.
/// - Throws: When there can be no decision, or not after ``maxLookups`` lookups.
public func settled<Value>(
    _ check: () -> Step<Value>, load: (Lookup) throws(Fault) -> Void
) throws(Fault) -> Value {
    for _ in 0...maxLookups {
        switch check() {
        case .decided(let value): return value
        case .needs(let lookup): try load(lookup)
        case .failed(let fault): throw fault
        }
    }
    throw .unresolved
}

/// Decides about `request`, carries the decision out, and has looked up by `loader` what that takes. Blocking.
/// - Throws: When there can be no decision.
public func settle(
    _ request: Request, _ policy: Policy, _ memory: Memory, _ loader: Loader, at now: Timestamp,
    _ scratch: inout Scratch
) throws(Fault) -> SettledDecision {
    try settled {
        let step = decide(request, policy, memory, at: now, &scratch)
        memory.keep(&scratch, policy, at: now)
        return step.flatMap { memory.carryOut($0, policy, at: now) }
    } load: { (lookup) throws(Fault) in
        try loader.load(lookup, at: now)
    }
}
