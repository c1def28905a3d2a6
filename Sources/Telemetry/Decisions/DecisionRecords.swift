// Where decisions are recorded beside the counters: what all event loops share.

/// The records of decisions.
public struct DecisionRecords: Sendable {
    /// The decision log; nil when there is none.
    public var log: DecisionLog?
    /// The last refused requests; nil when none are kept.
    public var kept: KeptRefusals?
    /// Refusals by consumer and reason.
    public var refusedConsumers = ConsumerTally(capacity: 2048)
    /// Authenticated requests by consumer; nil unless the operator wants them.
    public var consumers: ConsumerTally?

    /// Refusals by consumer, and nothing else.
    public init() {}
}
