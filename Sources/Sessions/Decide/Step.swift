// How far a check has come: the one result of everything between a request and its answer.

/// Decided, in need of something that memory does not hold, or impossible.
public enum Step<Value> {
    /// Done.
    case decided(Value)
    /// Have this resolved, then ask again; after `maxLookups` times give up with `Fault.unresolved`.
    case needs(Lookup)
    /// No decision is possible; answered as an outage.
    case failed(Fault)
}

extension Step: Sendable where Value: Sendable {}

/// No check needs more lookups than this.
public let maxLookups = 8

/// Why a check stops early; a ``Step`` on its way up. A refusal is a value, not an error of ours: it travels as a throw because
/// nothing follows it.
enum Halt: Error {
    /// The request's credentials are not valid.
    case refused(Reason)
    /// Something must be looked up first.
    case needs(Lookup)
    /// There can be no decision.
    case failed(Fault)
}

/// Asks `check` and has what it needs resolved by `load`, until there is a decision. Blocking: for workers and tools.
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
