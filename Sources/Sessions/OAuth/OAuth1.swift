// OAuth 1.0a (RFC 5849, 3.2) in MediaWiki's order: version, consumer, token, timestamp, nonce, method, signature, address.
//
// One difference is deliberate: the nonce is claimed as the very last step of the check, after the signature, so that nobody
// burns a stranger's nonces and a check that waits for a store can be run again.

import Cryptography
import Bytes
import EnvoyProtocol

/// A nonce to be claimed when the check is decided.
struct PendingNonce {
    let key: NonceMemory.Key
    let request: UInt64
    /// Last second at which it counts.
    let expires: Int64
}

/// Buffers of one check, reused by the next.
struct OAuth1Scratch {
    var text: [UInt8] = []
    var baseString: [UInt8] = []
}

/// What a request says of its signer: views that are valid during the check.
private struct Signer {
    var consumerKey: Bytes
    var token: Bytes
}

extension Authorizer {
    /// Verifies an OAuth 1 request; leaves the nonce to be claimed in `pendingNonce`.
    func verifyOAuth1(
        _ request: CheckRequest, header: Bytes, target: RequestTarget, wiki: ServedWiki, _ route: Route,
        at now: Timestamp
    ) throws(Halt) -> Identity {
        try collectParameters(request, header: header, target: target, route, at: now)
        try checkVersion()
        let signer = try readSigner()
        let key = CacheKey(signer.consumerKey, signer.token)
        // The rows are fetched while a base string is written, what an answer is made of while the signature is verified. What is
        // long is not written for somebody who may be nobody.
        let isShort = request.body.count + request.path.count <= Self.longestEarly
        if isShort {
            gate.memory.oauth1.prefetch(key)
            writeBaseString(request, target: target, wiki: wiki)
        }
        let rows = try findRows(of: signer, under: key, at: now)
        try checkRegistered(rows)
        let timestamp = try checkTimestamp(at: now)
        let nonce = try readNonce()
        if !isShort { writeBaseString(request, target: target, wiki: wiki) }
        try checkSignature(rows)
        // There is one, says checkRegistered. Retained earlier, it would be waited for.
        guard let grant = rows.grant else { throw .refused(.tokenInvalid) }
        pendingNonce = PendingNonce(
            key: NonceMemory.Key(consumer: signer.consumerKey, token: signer.token, nonce: nonce),
            request: NonceMemory.requestHash(request.id),
            expires: Int64(timestamp.rounded(.down)) + gate.settings.oauth1.timestampWindow)
        let isAllowed = rows.restrictions.allows(clientAddress(of: request))
        try require(isAllowed, .addressNotAllowed, "client address is allowed by the consumer's restrictions")
        try Standing.check(grant, wiki: wiki, gate: gate, trace: trace)
        return grant.identity
    }

    /// Bytes of a request whose base string takes no longer than a few lines of memory.
    private static var longestEarly: Int { 4096 }

    func require(_ holds: Bool, _ reason: Reason, _ check: StaticString) throws(Halt) {
        trace?.check(check, holds)
        if !holds { throw .refused(reason) }
    }

    // MARK: Parameters

    fileprivate func collectParameters(
        _ request: CheckRequest, header: Bytes, target: RequestTarget, _ route: Route, at now: Timestamp
    ) throws(Halt) {
        parameters.reset()
        parameters.addQuery(target.query)
        if let body = try formBody(of: request, route) {
            if body.count > largestForm { try leave(request, header: header, at: now) }
            parameters.addBody(body)
        }
        try collectHeader(header)
        try require(!parameters.isOverfull, .parametersTooMany, "there are not too many parameters")
        parameters.merge()
        trace?.parameters = parameters.listing
    }

    private func collectHeader(_ header: Bytes) throws(Halt) {
        let isWellFormed = parameters.addHeader(header)
        if !isWellFormed { try require(false, .headerMalformed, "Authorization header is well formed") }
    }

    /// Leaves the check of a large form to a worker, when the header names somebody whose signature is worth that.
    private func leave(_ request: CheckRequest, header: Bytes, at now: Timestamp) throws(Halt) {
        parameters.reset()
        try collectHeader(header)
        parameters.merge()
        let signer = try readSigner()
        try checkRegistered(findRows(of: signer, under: CacheKey(signer.consumerKey, signer.token), at: now))
        throw .needs(.verdict(DetachedCheck(request.message)))
    }

    private func checkRegistered(_ rows: OAuth1Rows) throws(Halt) {
        try require(rows.isConsumerKnown, .consumerUnknown, "consumer is registered")
        try require(rows.grant != nil, .tokenInvalid, "token is an accepted one of the consumer")
    }

    /// The form body that the signature covers; nil when it covers none. MediaWiki signs forms of POST requests whose type
    /// begins, in this case, like this; RFC 5849 (3.4.1.3.1) those of any method with exactly this type.
    private func formBody(of request: CheckRequest, _ route: Route) throws(Halt) -> Bytes? {
        guard let type = request.contentType else { return nil }
        if gate.settings.oauth1.compatibility == .mediawiki {
            guard request.method == "POST", type.starts(with: "application/x-www-form-urlencoded") else { return nil }
        } else {
            let name = type.prefix(type.firstIndex(of: UInt8(ascii: ";")) ?? type.count)
            guard name.prefix(33).lowercasedEquals("application/x-www-form-urlencoded"),
                name.dropFirst(33).buffer.allSatisfy(PHP.isSpace)
            else { return nil }
        }
        guard isBodyComplete(request, route) else { throw .refused(.bodyUnavailable) }
        return request.body
    }

    /// Whether the body is there, whole. That none was sent along (`size` 0) does not mean that there is none: Envoy counts what it
    /// has received when it asks, and leaves `transfer-encoding` out. So a length has to say that a form is empty, or the operator
    /// that every form is forwarded.
    private func isBodyComplete(_ request: CheckRequest, _ route: Route) -> Bool {
        // The length tells more than the proxy's mark, which a client can send where no proxy sets it.
        if let length = request.header(Bytes("content-length")), let size = PHP.integerKey(length) {
            return size == Int64(request.body.count)
        }
        if let partial = request.partialBody, partial == "true" { return false }
        if request.size >= 0, request.size > Int64(request.body.count) { return false }
        return request.hasBody || request.size == 0 && route.formBodies == .always
    }

    private func checkVersion() throws(Halt) {
        let isSupported =
            switch parameters.value(of: .version) {
            case .absent: true
            case .list: false
            case .text(let version): !PHP.isTruthy(version) || version == "1.0"
            }
        try require(isSupported, .versionUnsupported, "oauth_version is absent or 1.0")
    }

    /// Bytes of a consumer key or token; MediaWiki's own have 32, its columns 32 (`oarc_consumer_key`, `oaac_access_token`).
    private static var longestKey: Int { 128 }

    private func readSigner() throws(Halt) -> Signer {
        let key = parameters.value(of: .consumerKey).truthy
        try require(key != nil, .consumerKeyMissing, "oauth_consumer_key is present")
        let consumerKey = key ?? .empty
        // What no column holds is not looked up, nor remembered as unknown.
        try require(
            consumerKey.count <= Self.longestKey, .consumerUnknown, "oauth_consumer_key is of a possible length")
        // A missing token is looked up all the same: an unknown consumer is the earlier refusal.
        guard case .text(let token) = parameters.value(of: .token), token.count <= Self.longestKey else {
            return Signer(consumerKey: consumerKey, token: .empty)
        }
        return Signer(consumerKey: consumerKey, token: token)
    }

    private func findRows(of signer: Signer, under key: CacheKey, at now: Timestamp) throws(Halt) -> OAuth1Rows {
        // 128 bits of a keyed hash are not compared further: whoever met another's rows would have to sign with their secret.
        guard let rows = gate.memory.oauth1.value(key, at: now) else {
            throw .needs(.oauth1(consumerKey: signer.consumerKey.array, token: signer.token.array))
        }
        rows.prefetch.begin()
        return rows
    }

    // MARK: Timestamp and nonce

    private func checkTimestamp(at now: Timestamp) throws(Halt) -> Double {
        let value = parameters.value(of: .timestamp)
        try require(!value.isList, .parameterRepeated, "oauth_timestamp is given once")
        try require(value.truthy != nil, .timestampMissing, "oauth_timestamp is present")
        guard let timestamp = value.truthy.flatMap(readTimestamp) else {
            try require(false, .timestampMalformed, "oauth_timestamp is a number")
            throw .refused(.timestampMalformed)
        }
        let isRecent = abs(Double(now.seconds) - timestamp) <= Double(gate.settings.oauth1.timestampWindow)
        try require(isRecent, .timestampExpired, "oauth_timestamp is within the window")
        return timestamp
    }

    private func readTimestamp(_ text: Bytes) -> Double? {
        if gate.settings.oauth1.compatibility == .mediawiki { return PHP.leadingNumber(text) }
        return PHP.integerKey(text).map(Double.init)
    }

    private func readNonce() throws(Halt) -> Bytes {
        let nonce: Bytes? =
            switch parameters.value(of: .nonce) {
            case .absent: nil
            case .text(let text): PHP.isTruthy(text) ? text : nil
            // PHP writes an array that is used as text as "Array".
            case .list: Bytes("Array")
            }
        try require(nonce != nil, .nonceMissing, "oauth_nonce is present")
        return nonce ?? .empty
    }

    // MARK: Signature

    private enum SignatureMethod {
        case hmacSHA1, rsaSHA1, plaintext
    }

    private func readMethod() throws(Halt) -> SignatureMethod {
        let value = parameters.value(of: .signatureMethod)
        try require(!value.isList, .parameterRepeated, "oauth_signature_method is given once")
        try require(value.truthy != nil, .signatureMethodMissing, "oauth_signature_method is present")
        let text = value.truthy ?? .empty
        let method: SignatureMethod? =
            if text == "HMAC-SHA1" {
                .hmacSHA1
            } else if text == "RSA-SHA1" {
                .rsaSHA1
            } else {
                gate.settings.oauth1.allowPlaintext && text == "PLAINTEXT" ? .plaintext : nil
            }
        trace?.check("oauth_signature_method is supported", method != nil)
        guard let method else { throw .refused(.signatureMethodUnsupported) }
        return method
    }

    private func checkSignature(_ rows: OAuth1Rows) throws(Halt) {
        let method = try readMethod()
        let value = parameters.value(of: .signature)
        try require(!value.isList, .parameterRepeated, "oauth_signature is given once")
        let signature: Bytes = if case .text(let text) = value { text } else { .empty }
        trace?.baseString = scratch.baseString
        let isValid: Bool =
            switch method {
            case .hmacSHA1: rows.hmacKey.map { isValidHMAC(signature, $0) } ?? false
            case .rsaSHA1: rows.rsaKey.map { isValidRSA(signature, $0) } ?? false
            case .plaintext: rows.plaintextKey.map { isValidPlaintext(signature, $0) } ?? false
            }
        try require(isValid, .signatureInvalid, "signature is valid")
    }

    /// Writes the signature base string (RFC 5849, 3.4.1) to the scratch buffer.
    func writeBaseString(_ request: CheckRequest, target: RequestTarget, wiki: ServedWiki) {
        var text: [UInt8] = []
        swap(&text, &scratch.baseString)
        if text.capacity > 1 << 16 { text = [] } else { text.removeAll(keepingCapacity: true) }
        Self.appendMethod(request.method, into: &text)
        text.append(UInt8(ascii: "&"))
        wiki.appendServer(scheme: scheme(of: request), host: host(of: request), into: &text)
        target.appendSigned(into: &text)
        text.append(UInt8(ascii: "&"))
        parameters.appendNormalized(into: &text)
        swap(&text, &scratch.baseString)
    }

    private static func appendMethod(_ method: Bytes, into text: inout [UInt8]) {
        if method == "GET" || method == "POST" { return text.append(method) }
        method.buffer.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 & 0xdf : $0 }.withBytes {
            Percent.encode($0, into: &text)
        }
    }

    /// HMAC signatures are compared as base64 text, as MediaWiki does: other spellings of the same bytes are refused.
    private func isValidHMAC(_ signature: Bytes, _ key: HMACSHA1Key) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: HMACSHA1Key.size, alignment: 8) { code in
            scratch.baseString.withBytes { key.authenticate($0, into: code) }
            scratch.text.removeAll(keepingCapacity: true)
            Base64.encodeStandard(Bytes(UnsafeRawBufferPointer(code)), into: &scratch.text)
            return scratch.text.withBytes { constantTimeEqual($0, signature) }
        }
    }

    /// RSA signatures are decoded leniently, as PHP's `base64_decode` does.
    private func isValidRSA(_ signature: Bytes, _ key: RSAPublicKey) -> Bool {
        scratch.text.removeAll(keepingCapacity: true)
        Base64.decodeLenient(signature, into: &scratch.text)
        return scratch.text.withBytes { signature in
            scratch.baseString.withBytes { key.verify(signature: signature, message: $0, digest: .sha1) }
        }
    }

    private func isValidPlaintext(_ signature: Bytes, _ key: [UInt8]) -> Bool {
        key.withBytes { constantTimeEqual($0, signature) }
    }
}

extension Authorizer {
    /// The signature base string that is verified for an OAuth 1 request, whatever becomes of it; nil for other requests.
    public func baseString(of request: CheckRequest) -> [UInt8]? {
        guard case .oauth1(let header, let target) = findCredential(in: request, RequestTarget(request.path)),
            let route = try? Route.of(request, gate: gate), let wiki = try? wiki(of: request, route),
            (try? collectParameters(request, header: header, target: target, route, at: Timestamp(seconds: 0))) != nil
        else { return nil }
        writeBaseString(request, target: target, wiki: wiki)
        return scratch.baseString
    }
}
