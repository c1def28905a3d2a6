// The answer on the wire: an envoy.service.auth.v3.CheckResponse, written straight into the caller's buffer.
//
// Only what every Envoy from 1.35 on does the same with is emitted: request headers with `append` false and
// OVERWRITE_IF_EXISTS_OR_ADD, Set-Cookie with `append` unset and action 0, and header values in `value`.

import Bytes
import EnvoyProtocol

enum Answer {
    /// Field numbers of the messages written here.
    private enum Field {
        static let status = 1, denied = 2, ok = 3, metadata = 4  // CheckResponse
        static let code = 1, message = 2  // google.rpc.Status
        static let structFields = 1  // google.protobuf.Struct
        static let entryKey = 1, entryValue = 2  // map entry
        static let stringValue = 3, structValue = 5  // google.protobuf.Value
        static let headers = 2, headersToRemove = 5, responseHeadersToAdd = 6  // OkHttpResponse
        static let header = 1, append = 2, appendAction = 3  // HeaderValueOption
        static let key = 1, value = 2  // HeaderValue
    }

    /// `OVERWRITE_IF_EXISTS_OR_ADD`.
    private static let overwrite: UInt64 = 2

    /// The answer to a request with nothing unusual about it, whose cookie is `none`; and where its two parts lie in it.
    static func whole(
        _ outcome: Verdict.Outcome, headers: [UInt8], metadata: [UInt8]
    ) -> (bytes: [UInt8], headers: Range<Int>, metadata: Range<Int>) {
        let leaf = encoded { writeLeaf("cookie", CookieAction.none.name, into: &$0) }
        var writer = ProtobufWriter()
        writer.endMessage(writer.beginMessage(Field.status))
        writer.bytes(Field.ok, headers)
        let headersEnd = writer.bytes.count
        writeMetadata(into: &writer) { writer in
            writeLeaf("outcome", outcome.label, into: &writer)
            writer.bytes.append(contentsOf: metadata)
            writer.bytes.append(contentsOf: leaf)
        }
        let metadataEnd = writer.bytes.count - leaf.count
        return (writer.bytes, headersEnd - headers.count..<headersEnd, metadataEnd - metadata.count..<metadataEnd)
    }

    /// Appends the CheckResponse of `verdict` to `response`.
    static func write(_ verdict: Verdict, to request: CheckRequest, gate: Gate, into response: inout [UInt8]) {
        let parts = verdict.identity?.parts(for: verdict.profile) ?? verdict.profile.nobody
        if isUsual(verdict) {
            guard case .set(let cookie) = verdict.cookie else {
                response.append(contentsOf: parts.whole)
                if verdict.cookie.isKept { response.replaceEnd(with: CookieAction.keep.name) }
                return
            }
            return ProtobufWriter.append(to: &response) { writer in
                writeOK(cookie, parts, privatePart: verdict.profile.privatePart, into: &writer)
            }
        }
        ProtobufWriter.append(to: &response) { writer in
            if verdict.outcome == .refused, verdict.mode == .enforce, let reason = verdict.reason {
                writer.bytes.append(contentsOf: gate.refusals.part(for: reason, isBearer: verdict.isBearer))
            } else {
                writeOK(verdict, parts, to: request, gate: gate, into: &writer)
            }
            writeMetadata(verdict, parts, gate: gate, into: &writer)
        }
    }

    /// The answer to an authenticated request with nothing unusual about it, which gets a cookie. All lengths are known, so that
    /// everything is copied to where it stays.
    private static func writeOK(
        _ cookie: MintedCookie, _ parts: IdentityParts, privatePart: [UInt8], into writer: inout ProtobufWriter
    ) {
        writer.beginMessage(Field.status, length: 0)
        let headers = parts.headers
        writer.beginMessage(Field.ok, length: headers.count + cookie.part.count + privatePart.count)
        writer.bytes.append(contentsOf: headers)
        writer.bytes.append(contentsOf: cookie.part)
        writer.bytes.append(contentsOf: privatePart)
        let metadata = parts.metadata
        let session = outcomeLeaf.count + metadata.count + setLeaf.count
        let value = ProtobufWriter.size(Field.structValue, length: session)
        let entry = sessionKey.count + ProtobufWriter.size(Field.entryValue, length: value)
        writer.beginMessage(Field.metadata, length: ProtobufWriter.size(Field.structFields, length: entry))
        writer.beginMessage(Field.structFields, length: entry)
        writer.bytes.append(contentsOf: sessionKey)
        writer.beginMessage(Field.entryValue, length: value)
        writer.beginMessage(Field.structValue, length: session)
        writer.bytes.append(contentsOf: outcomeLeaf)
        writer.bytes.append(contentsOf: metadata)
        writer.bytes.append(contentsOf: setLeaf)
    }

    private static let outcomeLeaf = encoded { writeLeaf("outcome", Verdict.Outcome.authenticated.label, into: &$0) }
    private static let setLeaf = encoded { writeLeaf("cookie", "set", into: &$0) }
    private static let sessionKey = encoded { $0.string(Field.entryKey, "session") }

    private static func encoded(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        body(&writer)
        return writer.bytes
    }

    /// Whether nothing but the identity and its cookie makes the answer.
    private static func isUsual(_ verdict: Verdict) -> Bool {
        verdict.outcome != .refused && verdict.reason == nil && !verdict.profile.settings.injectCookie
    }

    private static func writeOK(
        _ verdict: Verdict, _ parts: IdentityParts, to request: CheckRequest, gate: Gate,
        into writer: inout ProtobufWriter
    ) {
        writer.endMessage(writer.beginMessage(Field.status))
        let ok = writer.beginMessage(Field.ok)
        writer.bytes.append(contentsOf: parts.headers)
        if verdict.profile.settings.injectCookie { writeCookie(verdict, to: request, gate: gate, into: &writer) }
        if case .set(let cookie) = verdict.cookie {
            writer.bytes.append(contentsOf: cookie.part)
            writer.bytes.append(contentsOf: verdict.profile.privatePart)
        }
        writer.endMessage(ok)
    }

    /// Overwrites the request's `cookie` header so that whoever reads it behind sees the session that was verified, or none: the
    /// client's cookies, with the session's in place of the client's own. Filters don't agree about blanks, quotes and escapes, so
    /// what was verified is written in the one form that all of them read.
    private static func writeCookie(
        _ verdict: Verdict, to request: CheckRequest, gate: Gate, into writer: inout ProtobufWriter
    ) {
        let original = request.cookie ?? .empty
        let isPresented = gate.cookieName.withBytes { CookieHeader(original).first($0) != nil }
        if case .set = verdict.cookie {} else if !isPresented { return }
        // What is no header value can't travel in an answer: such cookies are left out.
        var sendable: [UInt8] = []
        let isSendable = isSendable(original)
        if !isSendable { CookieHeader(original).copy(where: Self.isSendable, into: &sendable) }
        let value = sendable.withBytes { sendable in
            gate.cookieName.withBytes { name in
                injected(CookieHeader(isSendable ? original : sendable), name, verdict)
            }
        }
        if value.withBytes({ $0 == original }) { return }
        if value.isEmpty {
            writer.string(Field.headersToRemove, "cookie")
        } else {
            writeRequestHeader("cookie", value, into: &writer)
        }
    }

    /// The client's cookies with the verified session's; without any where there is none, or where it was not in a cookie.
    private static func injected(_ cookies: CookieHeader, _ name: Bytes, _ verdict: Verdict) -> [UInt8] {
        var value: [UInt8] = []
        let presented = verdict.identity?.type == .cookie || verdict.cookie.isKept ? cookies.first(name) : nil
        if case .set(let cookie) = verdict.cookie {
            cookie.token.withBytes { cookies.copy(setting: name, to: $0, into: &value) }
        } else if let presented {
            var token: [UInt8] = []
            Percent.decodeForm(presented, into: &token)
            token.withBytes { cookies.copy(setting: name, to: $0, into: &value) }
        } else {
            cookies.copy(removing: name, into: &value)
        }
        return value
    }

    private static func isSendable(_ text: Bytes) -> Bool {
        text.isUTF8 && text.buffer.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
    }

    /// `{"session": {…}}`, all leaves strings: rate limit rules match nothing else.
    private static func writeMetadata(
        _ verdict: Verdict, _ parts: IdentityParts, gate: Gate, into writer: inout ProtobufWriter
    ) {
        writeMetadata(into: &writer) { writer in
            writeLeaf("outcome", verdict.outcome.label, into: &writer)
            writer.bytes.append(contentsOf: parts.metadata)
            writeLeaf("cookie", verdict.cookie.name, into: &writer)
            if let reason = verdict.reason { writer.bytes.append(contentsOf: gate.refusals.reasonLeaf(reason)) }
            if verdict.outcome == .refused, verdict.mode == .observe { writeLeaf("mode", "observe", into: &writer) }
        }
    }

    private static func writeMetadata(into writer: inout ProtobufWriter, _ leaves: (inout ProtobufWriter) -> Void) {
        let metadata = writer.beginMessage(Field.metadata)
        let entry = writer.beginMessage(Field.structFields)
        writer.string(Field.entryKey, "session")
        let value = writer.beginMessage(Field.entryValue)
        let session = writer.beginMessage(Field.structValue)
        leaves(&writer)
        writer.endMessage(session)
        writer.endMessage(value)
        writer.endMessage(entry)
        writer.endMessage(metadata)
    }

    // MARK: Pieces

    /// A field of a `Struct` with a string value.
    static func writeLeaf(_ name: StaticString, _ text: StaticString, into writer: inout ProtobufWriter) {
        writeLeaf(Bytes(name), Bytes(text), into: &writer)
    }

    /// A field of a `Struct` with a string value.
    static func writeLeaf(_ name: StaticString, _ text: String, into writer: inout ProtobufWriter) {
        var text = text
        text.withUTF8 { writeLeaf(Bytes(name), Bytes($0), into: &writer) }
    }

    private static func writeLeaf(_ name: Bytes, _ text: Bytes, into writer: inout ProtobufWriter) {
        let entry = writer.beginMessage(Field.structFields)
        writer.bytes(Field.entryKey, name)
        let value = writer.beginMessage(Field.entryValue)
        writer.bytes(Field.stringValue, text)
        writer.endMessage(value)
        writer.endMessage(entry)
    }

    /// A field of a `Struct` that is a `Struct`.
    static func writeStruct(
        _ name: StaticString, into writer: inout ProtobufWriter, _ body: (inout ProtobufWriter) -> Void
    ) {
        let entry = writer.beginMessage(Field.structFields)
        writer.string(Field.entryKey, name)
        let value = writer.beginMessage(Field.entryValue)
        let content = writer.beginMessage(Field.structValue)
        body(&writer)
        writer.endMessage(content)
        writer.endMessage(value)
        writer.endMessage(entry)
    }

    /// An entry of `OkHttpResponse.headers`: the request header `name` is overwritten.
    static func writeRequestHeader(_ name: String, _ value: [UInt8], into writer: inout ProtobufWriter) {
        let option = writer.beginMessage(Field.headers)
        writeHeaderValue(name, value, into: &writer)
        writer.endMessage(writer.beginMessage(Field.append))
        writer.varint(Field.appendAction, overwrite)
        writer.endMessage(option)
    }

    /// An entry of `OkHttpResponse.response_headers_to_add`: added to what the upstream answers.
    static func writeResponseHeader(_ name: String, _ value: [UInt8], into writer: inout ProtobufWriter) {
        let option = writer.beginMessage(Field.responseHeadersToAdd)
        writeHeaderValue(name, value, into: &writer)
        writer.endMessage(option)
    }

    /// The same, with an action other than adding.
    static func writeResponseHeader(
        _ name: String, _ value: String, _ action: HeaderAppendAction, into writer: inout ProtobufWriter
    ) {
        let option = writer.beginMessage(Field.responseHeadersToAdd)
        writeHeaderValue(name, Array(value.utf8), into: &writer)
        writer.varint(Field.appendAction, UInt64(action.rawValue))
        writer.endMessage(option)
    }

    private static func writeHeaderValue(_ name: String, _ value: [UInt8], into writer: inout ProtobufWriter) {
        let header = writer.beginMessage(Field.header)
        writer.string(Field.key, name)
        writer.bytes(Field.value, value)
        writer.endMessage(header)
    }

    /// A refusal: `Status` and `DeniedHttpResponse`. 16 is UNAUTHENTICATED.
    static func deniedPart(body: [UInt8], headers: [(name: String, value: String)]) -> [UInt8] {
        var writer = ProtobufWriter()
        let status = writer.beginMessage(Field.status)
        writer.varint(Field.code, 16)
        writer.endMessage(status)
        let denied = writer.beginMessage(Field.denied)
        let http = writer.beginMessage(1)
        writer.varint(1, 401)
        writer.endMessage(http)
        for (name, value) in headers {
            let option = writer.beginMessage(2)
            writeHeaderValue(name, Array(value.utf8), into: &writer)
            writer.endMessage(writer.beginMessage(Field.append))
            writer.endMessage(option)
        }
        writer.bytes(3, body)
        writer.endMessage(denied)
        return writer.bytes
    }
}

extension [UInt8] {
    /// Overwrites the last bytes with `word`.
    fileprivate mutating func replaceEnd(with word: StaticString) {
        let word = Bytes(word)
        let start = count - word.count
        for index in 0..<word.count { self[start + index] = word[index] }
    }
}

extension Verdict.Outcome {
    fileprivate var label: StaticString {
        switch self {
        case .authenticated: "authenticated"
        case .anonymous: "anonymous"
        case .refused: "refused"
        }
    }
}
