// What an operator decides about the limits of requests that no identity is enough for.

/// What tells clients apart beside their credentials, for profiles that limit all requests (``EdgeSettings/limitsAll``).
///
/// Each header is one that an edge in front sets, and removes from what clients send; nil where there is none such.
public struct LimitSettings: Sendable, Equatable {
    /// Header with the level of trust: `A` is a network of the operator's, `B` a known client, `C` and `D` clients with a contact.
    public var trustHeader: String?
    /// Header that says which known client it is; counts at level `B`.
    public var provenanceHeader: String?
    /// Header with the contact in the client's user agent; counts at levels `C` and `D`.
    public var contactHeader: String?
    /// Header with a number that says how likely the client is a browser.
    public var browserHeader: String?
    /// From this number on the client counts as a browser.
    public var browserScore: Int64 = 35
    /// IP addresses and ranges that are at level `A`, whatever the header says.
    public var trustedNetworks: [String] = []

    /// Without an edge in front: addresses alone.
    public init() {}
}
