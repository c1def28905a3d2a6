// Consumers that stand in the configuration and not in the database (`$wgOAuthStaticApps`, since MediaWiki 1.47). Their acceptances
// and tokens are rows, like those of others.

/// Consumers of the configuration. As in MediaWiki (`CompositeConsumerRepository`) they come before the rows: a row with the key or
/// the id of one of them does not count.
struct StaticConsumers: Sendable {
    private let byKey: [[UInt8]: Consumer]
    private let byID: [Int64: Consumer]

    /// Of two with the same key or id the first counts.
    init(_ consumers: [Consumer]) {
        byKey = Dictionary(consumers.map { ($0.key, $0) }) { first, _ in first }
        byID = Dictionary(consumers.map { ($0.id, $0) }) { first, _ in first }
    }

    /// The consumer with this key; nil when there is none.
    func find(key: [UInt8]) -> Consumer? { byKey[key] }

    /// The consumer with this numeric id; nil when there is none.
    func find(id: Int64) -> Consumer? { byID[id] }
}
