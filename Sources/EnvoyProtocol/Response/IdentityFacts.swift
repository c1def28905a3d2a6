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

extension Fact {
    /// All leaves with their paths: `user.id`.
    var leaves: [(path: String, value: String)] {
        switch self {
        case .text(let name, let value): [("\(name)", value)]
        case .group(let name, let inner): inner.flatMap(\.leaves).map { ("\(name).\($0.path)", $0.value) }
        }
    }
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
        func tell(_ name: String?, _ value: Bytes?) {
            guard let name else { return }
            guard let value else { return removed.append((name, nil)) }
            var text: [UInt8] = []
            HeaderText.append(value, to: &text)
            set.append((name, text))
        }
        func tell(_ name: String?, _ text: String?) {
            guard var text else { return tell(name, Bytes?.none) }
            text.withUTF8 { tell(name, Bytes($0)) }
        }
        let isBypass = edge.omitsBypass && rateLimitClass == "BYPASS"
        let isTold = actsAs == .user
        let isKnown = isTold || user == nil
        tell(edge.userIDHeader, isTold ? user?.id : nil)
        tell(edge.subjectHeader, isTold ? user?.subject : nil)
        if isKnown, let consumer {
            consumer.key.withBytes { tell(edge.consumerHeader, $0) }
        } else {
            tell(edge.consumerHeader, Bytes?.none)
        }
        tell(edge.classHeader, isBypass ? nil : rateLimitClass)
        tell(edge.typeHeader, type != .none && isKnown ? type.rawValue : nil)
        tell(edge.rateLimitKeyHeader, rateLimitKey)
        for name in edge.foreignHeaders { tell(name, Bytes?.none) }
        return set + removed
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
