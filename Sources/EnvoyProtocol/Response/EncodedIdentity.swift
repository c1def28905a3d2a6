// What the edge is told about an identity, encoded once per identity and profile instead of once per request.
//
// A usual answer says nothing but the identity, and that the client's cookie is kept or that there is none. It is two pieces of
// memory behind each other, and the first one's parts serve for the others:
//
//     status, ok { headers }, metadata { session { outcome, leaves,   cookie } }
//     └──────────────────────── start ─────────────────────────────┘└─ leaf ─┘

import Bytes
import Sessions

/// An encoded answer and its parts.
struct EncodedAnswer: Sendable {
    /// The usual answer but for its last leaf. The lengths in it count with that.
    private let start: [UInt8]
    /// Where `OkHttpResponse`'s fields lie in it.
    private let headerRange: Range<Int>
    /// Where the content of the metadata's `session` begins, and behind its outcome the identity's leaves, which end it.
    private let sessionStart: Int, leavesStart: Int

    /// Fields of `OkHttpResponse`.
    var headers: ArraySlice<UInt8> { start[headerRange] }
    /// Fields of the metadata's `session`.
    var leaves: ArraySlice<UInt8> { start[leavesStart...] }

    /// What a request of `identity`, nil for an anonymous one, is told by `profile`; `limits` say more of one request.
    init(_ identity: Identity?, _ actsAs: ActsAs, _ profile: Profile, _ policy: Policy, limits: Limits? = nil) {
        let facts = IdentityFacts(identity, actsAs, profile, policy, limits: limits)
        let headers = ProtobufWriter.encoded { writer in
            for (name, value) in facts.headers(profile.settings) {
                if let value {
                    writer.requestHeader(name, value)
                } else {
                    writer.string(ResponseField.headersToRemove, name)
                }
            }
        }
        let leaves = ProtobufWriter.encoded { $0.facts(facts.facts) }
        let outcome: StaticString = identity == nil ? "anonymous" : "authenticated"
        var writer = ProtobufWriter()
        writer.message(ResponseField.status) { _ in }
        writer.bytes(ResponseField.ok, headers)
        let headersEnd = writer.bytes.count
        writer.metadata { session in
            session.leaf("outcome", outcome)
            session.bytes.append(contentsOf: leaves)
            session.bytes.append(contentsOf: CookieLeaf.none)
        }
        let end = writer.bytes.count - CookieLeaf.none.count
        start = Array(writer.bytes[..<end])
        headerRange = headersEnd - headers.count..<headersEnd
        leavesStart = end - leaves.count
        sessionStart = leavesStart - ProtobufWriter.encoded { $0.leaf("outcome", outcome) }.count
    }

    /// Appends the answer to a usual request, which keeps its cookie or has none.
    func append(keepsCookie: Bool, to response: inout [UInt8]) {
        response.append(contentsOf: start)
        response.append(contentsOf: keepsCookie ? CookieLeaf.keep : CookieLeaf.none)
    }

    /// Appends the answer to a usual request that gets a cookie: `setCookie` and `cacheControl` are encoded entries of
    /// `OkHttpResponse`. All lengths are known, so that everything is copied to where it stays.
    func append(settingCookie setCookie: [UInt8], _ cacheControl: [UInt8], to response: inout [UInt8]) {
        let ok = headerRange.count + setCookie.count + cacheControl.count
        let session = start.count - sessionStart + CookieLeaf.set.count
        let value = ProtobufWriter.size(ResponseField.structValue, length: session)
        let key = Bytes("session")
        let field =
            ProtobufWriter.size(ResponseField.entryKey, length: key.count)
            + ProtobufWriter.size(ResponseField.entryValue, length: value)
        let metadata = ProtobufWriter.size(ResponseField.structFields, length: field)
        // At most two bytes for each tag and ten for each length.
        response.append(addingCapacity: ok + metadata + 3 * 12) { (span: inout OutputSpan<UInt8>) in
            span.beginMessage(ResponseField.status, length: 0)
            span.beginMessage(ResponseField.ok, length: ok)
            span.append(start, headerRange)
            span.append(setCookie, setCookie.indices)
            span.append(cacheControl, cacheControl.indices)
            span.beginMessage(ResponseField.metadata, length: metadata)
            span.beginMessage(ResponseField.structFields, length: field)
            span.appendDelimited(ResponseField.entryKey, key)
            span.beginMessage(ResponseField.entryValue, length: value)
            span.beginMessage(ResponseField.structValue, length: session)
            span.append(start, sessionStart..<start.count)
            span.append(CookieLeaf.set, CookieLeaf.set.indices)
        }
    }
}

/// The metadata's `cookie`, encoded. `none` and `keep` have the same length, which the lengths around them count on.
enum CookieLeaf {
    static let none = ProtobufWriter.encoded { $0.leaf("cookie", "none") }
    static let keep = ProtobufWriter.encoded { $0.leaf("cookie", "keep") }
    static let set = ProtobufWriter.encoded { $0.leaf("cookie", "set") }
}

/// The answers about one identity.
final class EncodedIdentity: Memo, @unchecked Sendable {
    // @unchecked Sendable: immutable, but for the slot, which is safe.

    /// By the default profile, when the wiki acts for the user.
    let answer: EncodedAnswer
    /// The others, as far as they were asked for: two for each profile.
    private let others = MemoSlot()
    /// Those of the HTTP modes.
    let headerAnswers = MemoSlot()

    private init(_ answer: EncodedAnswer) { self.answer = answer }

    /// The answers about `identity`.
    @inline(__always)
    static func of(_ identity: Identity, _ policy: Policy) -> EncodedIdentity {
        identity.memo.get { EncodedIdentity(EncodedAnswer(identity, .user, policy.profiles[0], policy)) }
    }

    /// What `decision` tells about whose request it is, by `profile`, which is the one it names.
    @inline(__always)
    static func answer(_ decision: Decision, _ profile: Profile, _ policy: Policy) -> EncodedAnswer {
        guard let identity = decision.identity else { return EncodedProfile.of(profile, policy).anonymous }
        let encoded = of(identity, policy)
        if decision.profile == 0, decision.actsAs == .user { return encoded.answer }
        return encoded.others.get { LockedAnswers() }.answer(2 * decision.profile + (decision.actsAs == .user ? 0 : 1))
        {
            EncodedAnswer(identity, decision.actsAs, profile, policy)
        }
    }
}

/// What of an answer depends on the profile alone.
final class EncodedProfile: Memo, @unchecked Sendable {
    // @unchecked Sendable: immutable, but for the slot, which is safe.

    /// The answer to an anonymous request.
    let anonymous: EncodedAnswer
    /// The same of the HTTP modes.
    let headerAnswer = MemoSlot()
    /// The entry of `OkHttpResponse.response_headers_to_add` beside our Set-Cookie: no shared cache may hand it to others.
    let cacheControl: [UInt8]

    private init(_ profile: Profile, _ policy: Policy) {
        anonymous = EncodedAnswer(nil, .anonymous, profile, policy)
        cacheControl = ProtobufWriter.encoded { writer in
            let setting = profile.settings.markPrivate
            guard let value = setting.cacheControl else { return }
            // Whatever the upstream said, `always` is no weaker.
            let action = setting == .always ? HeaderAppendAction.overwriteIfExistsOrAdd : .addIfAbsent
            writer.responseHeader("cache-control", Array(value.utf8), action)
        }
    }

    static func of(_ profile: Profile, _ policy: Policy) -> EncodedProfile {
        profile.memo.get { EncodedProfile(profile, policy) }
    }
}

/// The entry that sets a minted cookie.
final class EncodedCookie: Memo, @unchecked Sendable {
    // @unchecked Sendable: immutable.

    /// An entry of `OkHttpResponse.response_headers_to_add`.
    let entry: [UInt8]

    private init(_ cookie: MintedCookie) {
        entry = ProtobufWriter.encoded { $0.responseHeader("set-cookie", cookie.header) }
    }

    static func of(_ cookie: MintedCookie) -> EncodedCookie { cookie.memo.get { EncodedCookie(cookie) } }
}
