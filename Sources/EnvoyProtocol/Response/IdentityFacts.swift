// The facts about whose request it is, under the names that the edge reads: as request headers, and as leaves of the metadata.

import Bytes
import Sessions

/// A named text, or a named group of them: what a protobuf Struct of strings is made of.
package enum Fact {
    /// A leaf.
    case text(StaticString, String)
    /// A group.
    case group(StaticString, [Fact])
}

/// What the edge is told of one identity.
package struct IdentityFacts {
    private let type: SessionType
    private let user: (id: String, name: String, subject: String)?
    private let consumer: KnownConsumer?
    private let rateLimitClass: String?
    private let rateLimitKey: String?
    private let actsAs: ActsAs

    /// The facts about `identity`, nil for an anonymous request; `limits` say more of one request.
    package init(
        _ identity: Identity?, _ actsAs: ActsAs, _ profile: Profile, _ policy: Policy, limits: Limits? = nil
    ) {
        self.actsAs = actsAs
        type = identity?.type ?? .none
        consumer = identity?.consumer
        if let limits {
            (rateLimitClass, rateLimitKey) = (limits.rateLimitClass, limits.key)
        } else {
            rateLimitClass = identity == nil ? profile.anonymousClass : identity?.rateLimitClass
            rateLimitKey = identity?.rateLimitKey(policy)
        }
        if let identity, let id = identity.userID, let subject = identity.subject(policy) {
            user = (String(id), identity.userName, subject)
        } else {
            user = nil
        }
    }

    /// Request headers by the names in `edge`; a value that is nil means that the header is removed, so that no client can forge
    /// what is unknown. Where the wiki acts for an anonymous user it is not told which user asks; what limits count on stays.
    package func headers(_ edge: EdgeSettings) -> [(name: String, value: [UInt8]?)] {
        let isBypass = edge.omitsBypass && rateLimitClass == "BYPASS"
        let isTold = actsAs == .user
        let all: [(name: String?, value: [UInt8]?)] = [
            (edge.userIDHeader, isTold ? user.map { Array($0.id.utf8) } : nil),
            (edge.subjectHeader, isTold ? user.map { Array($0.subject.utf8) } : nil),
            (edge.consumerHeader, isTold || user == nil ? consumer?.key : nil),
            (edge.classHeader, isBypass ? nil : rateLimitClass.map { Array($0.utf8) }),
            (edge.typeHeader, type != .none && (isTold || user == nil) ? Array(type.rawValue.utf8) : nil),
            (edge.rateLimitKeyHeader, rateLimitKey.map { Array($0.utf8) }),
        ]
        let named = all.compactMap { entry in
            entry.name.map { (name: $0, value: entry.value.map(HeaderText.printable)) }
        }
        return named.filter { $0.value != nil } + named.filter { $0.value == nil }
            + edge.foreignHeaders.map { (name: $0, value: nil) }
    }

    /// The metadata's `session` but outcome, cookie and reason.
    package var facts: [Fact] {
        var facts = [Fact.text("type", type.rawValue), .text("acts_as", actsAs.rawValue)]
        if let user {
            facts.append(.group("user", [.text("id", user.id), .text("name", user.name), .text("sub", user.subject)]))
        }
        if let consumer {
            facts.append(
                .group(
                    "consumer",
                    [
                        .text("key", consumer.key.withBytes { $0.string }), .text("id", String(consumer.id)),
                        .text("name", consumer.name), .text("owner_only", consumer.ownerOnly ? "true" : "false"),
                    ]))
        }
        if let rateLimitClass { facts.append(.text("class", rateLimitClass)) }
        if let rateLimitKey { facts.append(.text("rate_limit_key", rateLimitKey)) }
        return facts
    }
}
