// What the HTTP modes tell about an identity, made once per identity and profile instead of once per request.

import Bytes
import Sessions

/// The header fields that tell about one identity.
package final class HeaderAnswer: Memo, @unchecked Sendable {
    // @unchecked Sendable: immutable.

    /// What the proxy sets on the request.
    package let fields: HeaderFields
    /// What it takes from the request: names with commas between them.
    package let removed: [UInt8]
    /// The leaves of the metadata between outcome and cookie: `x-sessiongate-user-id` is what `session.user.id` is over gRPC.
    package let leaves: HeaderFields

    private init(_ facts: IdentityFacts, _ profile: Profile) {
        var fields = HeaderFields(), leaves = HeaderFields()
        var removed: [UInt8] = []
        facts.forEachHeader(profile.settings) { name, value in
            if let value {
                fields.add(name: { $0 += name.utf8 }, value: { HeaderText.append(value, to: &$0) })
            } else {
                if !removed.isEmpty { removed.append(UInt8(ascii: ",")) }
                removed += name.utf8
            }
        }
        facts.forEachLeaf { group, name, text in
            leaves.add(
                name: { Self.append(group, name, to: &$0) }, value: { HeaderText.append(text, to: &$0) })
        }
        (self.fields, self.removed, self.leaves) = (fields, removed, leaves)
    }

    private static func append(_ group: StaticString?, _ name: StaticString, to output: inout [UInt8]) {
        output.append("x-sessiongate-")
        if let group {
            output.append(group)
            output.append(UInt8(ascii: "-"))
        }
        for byte in Bytes(name).buffer { output.append(byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte) }
    }

    /// What is told of the request of `decision`.
    package static func of(_ decision: Decision, to request: Request, _ policy: Policy) -> HeaderAnswer {
        let profile = policy.profiles[decision.profile]
        func made(_ limits: Limits? = nil) -> HeaderAnswer {
            HeaderAnswer(IdentityFacts(decision.identity, decision.actsAs, profile, policy, limits: limits), profile)
        }
        if profile.settings.limitsAll { return made(policy.limits(of: decision, request)) }
        guard let identity = decision.identity else {
            return EncodedProfile.of(profile, policy).headerAnswer.get { made() }
        }
        let answers = EncodedIdentity.of(identity, policy).headerAnswers.get { AnswersByProfile<HeaderAnswer>() }
        return answers.answer(to: decision) { made() }
    }
}
