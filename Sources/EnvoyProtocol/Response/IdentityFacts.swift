// The facts about whose request it is, under the names that the edge reads.

import Bytes
import Sessions

/// What the edge is told of one identity: as request headers, and as leaves of the metadata.
struct IdentityFacts {
    private let type: SessionType
    private let user: (id: String, name: String, subject: String)?
    private let consumer: KnownConsumer?
    private let rateLimitClass: String?
    private let rateLimitKey: String?

    /// The facts about `identity`, nil for an anonymous request.
    init(_ identity: Identity?, _ profile: Profile, _ policy: Policy) {
        type = identity?.type ?? .none
        consumer = identity?.consumer
        rateLimitClass = identity == nil ? profile.anonymousClass : identity?.rateLimitClass
        rateLimitKey = identity?.rateLimitKey(policy)
        if let identity, let id = identity.userID, let subject = identity.subject(policy) {
            user = (String(id), identity.userName, subject)
        } else {
            user = nil
        }
    }

    /// Fields of `OkHttpResponse`: request headers to set, then those to remove, so that no client can forge what is unknown.
    func writeHeaders(_ edge: EdgeSettings, into writer: inout ProtobufWriter) {
        let isBypass = edge.omitsBypass && rateLimitClass == "BYPASS"
        let all: [(name: String?, value: [UInt8]?)] = [
            (edge.userIDHeader, user.map { Array($0.id.utf8) }),
            (edge.subjectHeader, user.map { Array($0.subject.utf8) }),
            (edge.consumerHeader, consumer?.key),
            (edge.classHeader, isBypass ? nil : rateLimitClass.map { Array($0.utf8) }),
            (edge.typeHeader, type == .none ? nil : Array(type.rawValue.utf8)),
            (edge.rateLimitKeyHeader, rateLimitKey.map { Array($0.utf8) }),
        ]
        let named = all.compactMap { entry in entry.name.map { (name: $0, value: entry.value) } }
        for (name, value) in named {
            if let value { writer.requestHeader(name, HeaderText.printable(value)) }
        }
        for (name, value) in named where value == nil { writer.string(ResponseField.headersToRemove, name) }
        for name in edge.foreignHeaders { writer.string(ResponseField.headersToRemove, name) }
    }

    /// Fields of the metadata's `session` but outcome, cookie and reason.
    func writeLeaves(into writer: inout ProtobufWriter) {
        writer.leaf("type", type.rawValue)
        if let user {
            writer.nested("user") { writer in
                writer.leaf("id", user.id)
                writer.leaf("name", user.name)
                writer.leaf("sub", user.subject)
            }
        }
        if let consumer {
            writer.nested("consumer") { writer in
                writer.leaf("key", consumer.key.withBytes { $0.string })
                writer.leaf("id", String(consumer.id))
                writer.leaf("name", consumer.name)
                writer.leaf("owner_only", consumer.ownerOnly ? "true" : "false")
            }
        }
        if let rateLimitClass { writer.leaf("class", rateLimitClass) }
        if let rateLimitKey { writer.leaf("rate_limit_key", rateLimitKey) }
    }
}
