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

extension Step {
    /// What `next` makes of the value.
    public func flatMap<Other>(_ next: (Value) -> Step<Other>) -> Step<Other> {
        switch self {
        case .decided(let value): next(value)
        case .needs(let lookup): .needs(lookup)
        case .failed(let fault): .failed(fault)
        }
    }
}

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
