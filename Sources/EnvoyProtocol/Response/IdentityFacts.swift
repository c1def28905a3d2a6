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
        var set: [(name: String, value: [UInt8]?)] = []
        var removed: [(name: String, value: [UInt8]?)] = []
        forEachHeader(edge) { name, value in
            guard let value else { return removed.append((name, nil)) }
            var text: [UInt8] = []
            HeaderText.append(value, to: &text)
            set.append((name, text))
        }
        return set + removed
    }

    /// Calls `body` with each request header of ``headers(_:)``; values are as they are known, not yet fit for a header.
    package func forEachHeader(_ edge: EdgeSettings, _ body: (String, Bytes?) -> Void) {
        func tell(_ name: String?, _ text: String?) {
            guard let name else { return }
            guard var text else { return body(name, nil) }
            text.withUTF8 { body(name, Bytes($0)) }
        }
        let isBypass = edge.omitsBypass && rateLimitClass == "BYPASS"
        let isTold = actsAs == .user
        let isKnown = isTold || user == nil
        tell(edge.userIDHeader, isTold ? user?.id : nil)
        tell(edge.subjectHeader, isTold ? user?.subject : nil)
        if let name = edge.consumerHeader {
            if isKnown, let consumer { consumer.key.withBytes { body(name, $0) } } else { body(name, nil) }
        }
        tell(edge.classHeader, isBypass ? nil : rateLimitClass)
        tell(edge.typeHeader, type != .none && isKnown ? type.rawValue : nil)
        tell(edge.rateLimitKeyHeader, rateLimitKey)
        for name in edge.foreignHeaders { body(name, nil) }
    }

    /// Calls `body` with each leaf of ``facts``: the group that it is in, its name and its text.
    package func forEachLeaf(_ body: (StaticString?, StaticString, String) -> Void) {
        for fact in facts {
            switch fact {
            case .text(let name, let text): body(nil, name, text)
            case .group(let group, let inner):
                for case .text(let name, let text) in inner { body(group, name, text) }
            }
        }
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
