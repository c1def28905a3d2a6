// What a filter inside Envoy does for an identity: the header fields that it sets and removes on the request, and the metadata, an
// encoded google.protobuf.Struct. The same facts as in a CheckResponse, made once per identity and profile.

import Bytes
import Sessions

/// What the edge is told of one identity.
package final class FilterAnswer: Memo, @unchecked Sendable {
    // @unchecked Sendable: immutable, but for the slot, which is safe.

    /// A header field of the request: without a value it is removed.
    package struct Field: Sendable {
        /// The name, in lower case.
        package let name: KeptBytes
        /// The value.
        package let value: KeptBytes?
    }

    /// A leaf of the metadata, its path joined with dots: `session.user.id`.
    package struct Leaf: Sendable {
        /// The path.
        package let path: KeptBytes
        /// The value.
        package let value: KeptBytes
    }

    /// The header fields.
    package let fields: [Field]
    private let isAuthenticated: Bool
    private let facts: [Fact]
    private let usual: [KeptBytes]

    init(_ identity: Identity?, _ actsAs: ActsAs, _ profile: Profile, _ policy: Policy, limits: Limits? = nil) {
        let told = IdentityFacts(identity, actsAs, profile, policy, limits: limits)
        fields = told.headers(profile.settings).map { name, value in
            Field(name: KeptBytes(Array(name.utf8)), value: value.map { KeptBytes($0) })
        }
        let facts = told.facts
        self.facts = facts
        isAuthenticated = identity != nil
        let outcome: Decision.Outcome = identity != nil ? .authenticated : .anonymous
        usual = [CookieAction.none, .keep, .set].map { cookie in
            KeptBytes(Self.encoded(Self.session(outcome, facts, cookie)))
        }
    }

    /// Calls `body` with the metadata of `decision`: a Struct with the one field `session`.
    package func withMetadata(of decision: Decision, _ body: (Bytes) -> Void) {
        if decision.reason == nil, isAuthenticated == (decision.outcome == .authenticated) {
            return body(usual[decision.cookie.place].view)
        }
        Self.encoded(session(of: decision)).withBytes(body)
    }

    /// The leaves of the metadata, for an Envoy that takes no Struct.
    package func leaves(of decision: Decision) -> [Leaf] {
        Fact.group("session", session(of: decision)).leaves.map { path, value in
            Leaf(path: KeptBytes(Array(path.utf8)), value: KeptBytes(Array(value.utf8)))
        }
    }

    private func session(of decision: Decision) -> [Fact] {
        var session = Self.session(decision.outcome, facts, decision.cookie)
        if let reason = decision.reason { session.append(.text("reason", reason.rawValue)) }
        if let consumer = decision.refusedConsumer {
            session.append(.text("refused_consumer", consumer.key.withBytes(\.string)))
        }
        if decision.outcome == .refused, decision.mode == .observe { session.append(.text("mode", "observe")) }
        return session
    }

    private static func session(_ outcome: Decision.Outcome, _ facts: [Fact], _ cookie: CookieAction) -> [Fact] {
        [.text("outcome", "\(outcome.name)")] + facts + [.text("cookie", "\(cookie.name)")]
    }

    private static func encoded(_ session: [Fact]) -> [UInt8] {
        ProtobufWriter.encoded { $0.facts([.group("session", session)]) }
    }
}

extension FilterAnswer {
    /// What is told of the request of `decision`. `header` finds its header fields by their lower-case names.
    package static func of(
        _ decision: Decision, to request: Request, _ policy: Policy, header: (Bytes) -> Bytes?
    ) -> FilterAnswer {
        let profile = policy.profiles[decision.profile]
        if profile.settings.limitsAll {
            let limits = policy.limits(of: decision.identity, request, header: header)
            return FilterAnswer(decision.identity, decision.actsAs, profile, policy, limits: limits)
        }
        guard let identity = decision.identity else { return anonymous(profile, policy) }
        return identity.memo.get { AnswersByProfile<FilterAnswer>() }.answer(to: decision) {
            FilterAnswer(identity, decision.actsAs, profile, policy)
        }
    }

    /// What is told of an anonymous request by `profile`.
    package static func anonymous(_ profile: Profile, _ policy: Policy) -> FilterAnswer {
        profile.memo.get { FilterAnswer(nil, .anonymous, profile, policy) }
    }
}

extension CookieAction {
    fileprivate var place: Int {
        switch self {
        case .none: 0
        case .keep: 1
        case .set: 2
        }
    }
}
