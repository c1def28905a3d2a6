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
        for (name, value) in facts.headers(profile.settings) {
            if let value {
                fields.add(name: { $0 += name.utf8 }, value: { $0 += value })
            } else {
                if !removed.isEmpty { removed.append(UInt8(ascii: ",")) }
                removed += name.utf8
            }
        }
        for (path, value) in facts.facts.flatMap(\.leaves) {
            let name = path.utf8.map { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
            leaves.add(
                name: {
                    $0.append("x-sessiongate-"); $0 += name
                }, value: { HeaderText.append(value, to: &$0) })
        }
        (self.fields, self.removed, self.leaves) = (fields, removed, leaves)
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
