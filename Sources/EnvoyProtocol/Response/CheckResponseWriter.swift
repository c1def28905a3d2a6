// The answer on the wire: an envoy.service.auth.v3.CheckResponse, written straight into the caller's buffer.
//
// Only what every Envoy from 1.35 on does the same with is emitted: request headers with `append` false and
// OVERWRITE_IF_EXISTS_OR_ADD, Set-Cookie with `append` unset and action 0, and header values in `value`.

import Bytes
import Sessions

/// Writes decisions as CheckResponses.
public enum CheckResponseWriter {
    /// Appends the CheckResponse of a decision whose effects were carried out to `response`.
    public static func write(
        _ settled: SettledDecision, to request: Request, _ policy: Policy, into response: inout [UInt8]
    ) {
        let profile = policy.profiles[settled.decision.profile]
        let answer =
            profile.settings.limitsAll
            ? limited(settled.decision, profile, to: request, policy)
            : EncodedIdentity.answer(settled.decision, profile, policy)
        if isUsual(settled.decision, profile) {
            guard let cookie = settled.cookie else {
                return answer.append(keepsCookie: settled.decision.cookie == .keep, to: &response)
            }
            return answer.append(
                settingCookie: EncodedCookie.of(cookie).entry, EncodedProfile.of(profile, policy).cacheControl,
                to: &response)
        }
        writeUnusual(settled, answer, profile, to: request, policy, into: &response)
    }

    /// Whether nothing but the identity and its cookie makes the answer.
    @inline(__always)
    private static func isUsual(_ decision: borrowing Decision, _ profile: Profile) -> Bool {
        decision.outcome != .refused && decision.reason == nil && !profile.settings.injectCookie
    }

    /// The answer in a profile that limits all requests: one for this request, unless its identity says all.
    private static func limited(
        _ decision: Decision, _ profile: Profile, to request: Request, _ policy: Policy
    ) -> EncodedAnswer {
        let limits = policy.limits(of: decision, request)
        if let identity = decision.identity, limits?.rateLimitClass == identity.rateLimitClass,
            limits?.key == identity.rateLimitKey(policy)
        {
            return EncodedIdentity.answer(decision, profile, policy)
        }
        return EncodedAnswer(decision.identity, decision.actsAs, profile, policy, limits: limits)
    }

    private static func writeUnusual(
        _ settled: SettledDecision, _ answer: EncodedAnswer, _ profile: Profile, to request: Request,
        _ policy: Policy, into response: inout [UInt8]
    ) {
        let decision = settled.decision
        ProtobufWriter.append(to: &response) { writer in
            if decision.outcome == .refused, decision.mode == .enforce, let reason = decision.reason {
                Refusals.encoded(reason, isBearer: decision.isBearer, request, policy).write(to: request, into: &writer)
            } else {
                writeOK(settled, answer, profile, to: request, policy, into: &writer)
            }
            writeMetadata(decision, answer, into: &writer)
        }
    }

    private static func writeOK(
        _ settled: SettledDecision, _ answer: EncodedAnswer, _ profile: Profile, to request: Request,
        _ policy: Policy, into writer: inout ProtobufWriter
    ) {
        writer.message(ResponseField.status) { _ in }
        writer.message(ResponseField.ok) { ok in
            ok.bytes.append(contentsOf: answer.headers)
            if profile.settings.injectCookie {
                switch InjectedCookie(settled, request, policy) {
                case .unchanged: break
                case .removed: ok.string(ResponseField.headersToRemove, "cookie")
                case .replaced(let value): ok.requestHeader("cookie", value)
                }
            }
            if let cookie = settled.cookie {
                ok.bytes.append(contentsOf: EncodedCookie.of(cookie).entry)
                ok.bytes.append(contentsOf: EncodedProfile.of(profile, policy).cacheControl)
            }
        }
    }

    /// `{"session": {…}}`.
    private static func writeMetadata(
        _ decision: Decision, _ answer: EncodedAnswer, into writer: inout ProtobufWriter
    ) {
        writer.metadata { session in
            session.leaf("outcome", decision.outcome.name)
            session.bytes.append(contentsOf: answer.leaves)
            session.leaf("cookie", decision.cookie.name)
            if let reason = decision.reason { session.bytes.append(contentsOf: Refusals.leaf(reason)) }
            if let consumer = decision.refusedConsumer {
                // A name of its own: limits by `consumer` must not count what that consumer may never have sent.
                session.leaf("refused_consumer", consumer.key.withBytes(\.string))
            }
            if decision.outcome == .refused, decision.mode == .observe { session.leaf("mode", "observe") }
        }
    }
}

extension Decision.Outcome {
    /// The word that the edge reads.
    package var name: StaticString {
        switch self {
        case .authenticated: "authenticated"
        case .anonymous: "anonymous"
        case .refused: "refused"
        }
    }
}

extension CookieAction {
    /// The word that the edge reads.
    package var name: StaticString {
        switch self {
        case .none: "none"
        case .keep: "keep"
        case .set: "set"
        }
    }
}
