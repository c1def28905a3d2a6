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
        let decision = settled.decision
        let answer = EncodedIdentity.answer(decision, policy)
        if isUsual(decision) {
            guard let cookie = settled.cookie else {
                return answer.append(keepsCookie: decision.cookie == .keep, to: &response)
            }
            return ProtobufWriter.append(to: &response) { writer in
                writeOK(cookie, answer, EncodedProfile.of(decision.profile, policy), into: &writer)
            }
        }
        ProtobufWriter.append(to: &response) { writer in
            if decision.outcome == .refused, decision.mode == .enforce, let reason = decision.reason {
                writer.bytes.append(contentsOf: EncodedRefusals.shared.answer(reason, isBearer: decision.isBearer))
            } else {
                writeOK(settled, answer, to: request, policy, into: &writer)
            }
            writeMetadata(decision, answer, into: &writer)
        }
    }

    /// Whether nothing but the identity and its cookie makes the answer.
    private static func isUsual(_ decision: Decision) -> Bool {
        decision.outcome != .refused && decision.reason == nil && !decision.profile.settings.injectCookie
    }

    /// The answer to an authenticated request with nothing unusual about it, which gets a cookie. All lengths are known, so that
    /// everything is copied to where it stays.
    private static func writeOK(
        _ cookie: MintedCookie, _ answer: EncodedAnswer, _ profile: EncodedProfile, into writer: inout ProtobufWriter
    ) {
        writer.beginMessage(ResponseField.status, length: 0)
        let (headers, leaves, entry) = (answer.headers, answer.leaves, EncodedCookie.of(cookie).entry)
        writer.beginMessage(ResponseField.ok, length: headers.count + entry.count + profile.cacheControl.count)
        writer.bytes.append(contentsOf: headers)
        writer.bytes.append(contentsOf: entry)
        writer.bytes.append(contentsOf: profile.cacheControl)
        let session = authenticated.count + leaves.count + CookieLeaf.set.count
        let value = ProtobufWriter.size(ResponseField.structValue, length: session)
        let field = sessionKey.count + ProtobufWriter.size(ResponseField.entryValue, length: value)
        writer.beginMessage(
            ResponseField.metadata, length: ProtobufWriter.size(ResponseField.structFields, length: field))
        writer.beginMessage(ResponseField.structFields, length: field)
        writer.bytes.append(contentsOf: sessionKey)
        writer.beginMessage(ResponseField.entryValue, length: value)
        writer.beginMessage(ResponseField.structValue, length: session)
        writer.bytes.append(contentsOf: authenticated)
        writer.bytes.append(contentsOf: leaves)
        writer.bytes.append(contentsOf: CookieLeaf.set)
    }

    private static let authenticated = ProtobufWriter.encoded { $0.leaf("outcome", "authenticated") }
    private static let sessionKey = ProtobufWriter.encoded { $0.string(ResponseField.entryKey, "session") }

    private static func writeOK(
        _ settled: SettledDecision, _ answer: EncodedAnswer, to request: Request, _ policy: Policy,
        into writer: inout ProtobufWriter
    ) {
        let profile = settled.decision.profile
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
            if let reason = decision.reason { session.bytes.append(contentsOf: EncodedRefusals.shared.leaf(reason)) }
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
