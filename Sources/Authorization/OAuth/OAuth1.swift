// OAuth 1.0a (RFC 5849, 3.2) in MediaWiki's order: version, consumer, token, timestamp, nonce, method, signature, address.
//
// One difference is deliberate: the nonce is claimed as the very last step of the check, after the signature, so that nobody
// burns a stranger's nonces and a check that waits for a store can be run again.

import Cryptography
import Wire

/// A nonce to be claimed when the check is decided.
struct PendingNonce {
    let key: NonceMemory.Key
    let request: UInt64
    /// Last second at which it counts.
    let expires: Int64
}

/// Decoded protocol parameters and other buffers of one check, reused by the next.
struct OAuth1Scratch {
    var consumerKey: [UInt8] = []
    var token: [UInt8] = []
    var signature: [UInt8] = []
    var nonce: [UInt8] = []
    var text: [UInt8] = []
    var baseString: [UInt8] = []
}

extension Authorizer {
    /// Verifies an OAuth 1 request; leaves the nonce to be claimed in `pendingNonce`.
    func verifyOAuth1(
        _ request: CheckRequest, header: Bytes, target: RequestTarget, wiki: ServedWiki, at now: Timestamp
    ) throws(Halt) -> Identity {
        try collectParameters(request, header: header, target: target)
        try checkVersion()
        let rows = try findRows(at: now)
        try require(rows.isConsumerKnown, .consumerUnknown, "consumer is registered")
        try require(rows.grant != nil, .tokenInvalid, "token is an accepted one of the consumer")
        guard let grant = rows.grant else { throw .refused(.tokenInvalid) }
        let timestamp = try checkTimestamp(at: now)
        try readNonce()
        try checkSignature(request, target: target, wiki: wiki, rows: rows)
        pendingNonce = PendingNonce(
            key: scratch.consumerKey.withBytes { consumer in
                scratch.token.withBytes { token in
                    scratch.nonce.withBytes { NonceMemory.Key(consumer: consumer, token: token, nonce: $0) }
                }
            },
            request: NonceMemory.requestHash(request.id),
            expires: Int64(timestamp.rounded(.down)) + gate.settings.oauth1.timestampWindow)
        let isAllowed = rows.restrictions.allows(clientAddress(of: request))
        try require(isAllowed, .addressNotAllowed, "client address is allowed by the consumer's restrictions")
        try Standing.check(grant, wiki: wiki, gate: gate, trace: trace)
        return grant.identity
    }

    func require(_ holds: Bool, _ reason: Reason, _ check: StaticString) throws(Halt) {
        trace?.check(check, holds)
        if !holds { throw .refused(reason) }
    }

    // MARK: Parameters

    fileprivate func collectParameters(_ request: CheckRequest, header: Bytes, target: RequestTarget) throws(Halt) {
        parameters.reset()
        parameters.addQuery(target.query)
        if let body = try formBody(of: request) { parameters.addBody(body) }
        if gate.settings.oauth1.compatibility == .mediawiki {
            AuthorizationHeader.split(header) { parameters.addHeader(name: $0, value: $1) }
        } else {
            let isWellFormed = AuthorizationHeader.parseRFC5849(header) {
                parameters.addHeader(name: $0, value: $1)
            }
            try require(isWellFormed, .headerMalformed, "Authorization header is well formed")
        }
        try require(!parameters.isOverfull, .parametersTooMany, "there are not too many parameters")
        parameters.merge()
        trace?.parameters = parameters.listing
    }

    /// The form body that the signature covers; nil when it covers none. MediaWiki signs forms of POST requests whose type
    /// begins, in this case, like this; RFC 5849 (3.4.1.3.1) those of any method with exactly this type.
    private func formBody(of request: CheckRequest) throws(Halt) -> Bytes? {
        guard let type = request.contentType else { return nil }
        if gate.settings.oauth1.compatibility == .mediawiki {
            guard request.method == "POST", type.starts(with: "application/x-www-form-urlencoded") else { return nil }
        } else {
            let name = type.prefix(type.firstIndex(of: UInt8(ascii: ";")) ?? type.count)
            guard name.prefix(33).lowercasedEquals("application/x-www-form-urlencoded"),
                name.dropFirst(33).buffer.allSatisfy(PHP.isSpace)
            else { return nil }
        }
        guard isBodyComplete(request) else { throw .refused(.bodyUnavailable) }
        return request.body
    }

    /// Whether the body is there, whole. A request that says it has none (`size` 0) has an empty one.
    private func isBodyComplete(_ request: CheckRequest) -> Bool {
        // The length tells more than the proxy's mark, which a client can send where no proxy sets it.
        if let length = request.header(Bytes("content-length")), let size = PHP.integerKey(length) {
            return size == Int64(request.body.count)
        }
        if let partial = request.partialBody, partial == "true" { return false }
        if request.size >= 0, request.size > Int64(request.body.count) { return false }
        return request.hasBody || request.size == 0
    }

    private func checkVersion() throws(Halt) {
        let isSupported: Bool
        switch parameters.find("oauth_version", into: &scratch.text) {
        case .absent: isSupported = true
        case .list: isSupported = false
        case .value: isSupported = scratch.text.withBytes { !PHP.isTruthy($0) || $0 == "1.0" }
        }
        try require(isSupported, .versionUnsupported, "oauth_version is absent or 1.0")
    }

    /// Bytes of a consumer key or token; MediaWiki's own have 32, its columns 32 (`oarc_consumer_key`, `oaac_access_token`).
    private static var longestKey: Int { 128 }

    private func findRows(at now: Timestamp) throws(Halt) -> OAuth1Rows {
        let key = parameters.find("oauth_consumer_key", into: &scratch.consumerKey)
        let isPresent = key == .value && scratch.consumerKey.withBytes { PHP.isTruthy($0) }
        try require(isPresent, .consumerKeyMissing, "oauth_consumer_key is present")
        // What no column holds is not looked up, nor remembered as unknown.
        try require(scratch.consumerKey.count <= Self.longestKey, .consumerUnknown, "consumer is registered")
        // A missing token is looked up all the same: an unknown consumer is the earlier refusal.
        let token = parameters.find("oauth_token", into: &scratch.token)
        if token != .value || scratch.token.count > Self.longestKey { scratch.token.removeAll(keepingCapacity: true) }
        let cacheKey = scratch.consumerKey.withBytes { consumer in
            scratch.token.withBytes { CacheKey(consumer, $0) }
        }
        guard let rows = gate.memory.oauth1.value(cacheKey, at: now), rows.consumerKey == scratch.consumerKey,
            rows.token == scratch.token
        else { throw .needs(.oauth1(consumerKey: scratch.consumerKey, token: scratch.token)) }
        return rows
    }

    // MARK: Timestamp and nonce

    private func checkTimestamp(at now: Timestamp) throws(Halt) -> Double {
        let presence = parameters.find("oauth_timestamp", into: &scratch.text)
        try require(presence != .list, .parameterRepeated, "oauth_timestamp is given once")
        let isPresent = presence == .value && scratch.text.withBytes { PHP.isTruthy($0) }
        try require(isPresent, .timestampMissing, "oauth_timestamp is present")
        guard let timestamp = scratch.text.withBytes({ readTimestamp($0) }) else {
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

    private func readNonce() throws(Halt) {
        switch parameters.find("oauth_nonce", into: &scratch.nonce) {
        case .value: break
        case .absent: scratch.nonce.removeAll(keepingCapacity: true)
        // PHP writes an array that is used as text as "Array".
        case .list: scratch.nonce = Array("Array".utf8)
        }
        try require(scratch.nonce.withBytes { PHP.isTruthy($0) }, .nonceMissing, "oauth_nonce is present")
    }

    // MARK: Signature

    private enum SignatureMethod {
        case hmacSHA1, rsaSHA1, plaintext
    }

    private func readMethod() throws(Halt) -> SignatureMethod {
        let presence = parameters.find("oauth_signature_method", into: &scratch.text)
        try require(presence != .list, .parameterRepeated, "oauth_signature_method is given once")
        let isPresent = presence == .value && scratch.text.withBytes { PHP.isTruthy($0) }
        try require(isPresent, .signatureMethodMissing, "oauth_signature_method is present")
        let allowsPlaintext = gate.settings.oauth1.allowPlaintext
        let method: SignatureMethod? = scratch.text.withBytes { text in
            if text == "HMAC-SHA1" { return .hmacSHA1 }
            if text == "RSA-SHA1" { return .rsaSHA1 }
            return allowsPlaintext && text == "PLAINTEXT" ? .plaintext : nil
        }
        trace?.check("oauth_signature_method is supported", method != nil)
        guard let method else { throw .refused(.signatureMethodUnsupported) }
        return method
    }

    private func checkSignature(
        _ request: CheckRequest, target: RequestTarget, wiki: ServedWiki, rows: OAuth1Rows
    ) throws(Halt) {
        let method = try readMethod()
        let presence = parameters.find("oauth_signature", into: &scratch.signature)
        try require(presence != .list, .parameterRepeated, "oauth_signature is given once")
        writeBaseString(request, target: target, wiki: wiki)
        trace?.baseString = scratch.baseString
        let isValid: Bool =
            switch method {
            case .hmacSHA1: rows.hmacKey.map { isValidHMAC($0) } ?? false
            case .rsaSHA1: rows.rsaKey.map { isValidRSA($0) } ?? false
            case .plaintext: rows.plaintextKey.map { isValidPlaintext($0) } ?? false
            }
        try require(isValid, .signatureInvalid, "signature is valid")
    }

    /// Writes the signature base string (RFC 5849, 3.4.1) to the scratch buffer.
    func writeBaseString(_ request: CheckRequest, target: RequestTarget, wiki: ServedWiki) {
        var text: [UInt8] = []
        swap(&text, &scratch.baseString)
        if text.capacity > 1 << 16 { text = [] } else { text.removeAll(keepingCapacity: true) }
        for byte in request.method.buffer {
            let upper = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & 0xdf : byte
            if Percent.isUnreserved(upper) {
                text.append(upper)
            } else {
                withUnsafeBytes(of: upper) { Percent.encode(Bytes($0), into: &text) }
            }
        }
        text.append(UInt8(ascii: "&"))
        wiki.appendServer(scheme: scheme(of: request), host: host(of: request), into: &text)
        target.appendSigned(into: &text)
        text.append(UInt8(ascii: "&"))
        parameters.appendNormalized(into: &text)
        swap(&text, &scratch.baseString)
    }

    /// HMAC signatures are compared as base64 text, as MediaWiki does: other spellings of the same bytes are refused.
    private func isValidHMAC(_ key: HMACSHA1Key) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: HMACSHA1Key.size, alignment: 8) { code in
            scratch.baseString.withBytes { key.authenticate($0, into: code) }
            scratch.text.removeAll(keepingCapacity: true)
            Base64.encodeStandard(Bytes(UnsafeRawBufferPointer(code)), into: &scratch.text)
            return scratch.text.withBytes { expected in
                scratch.signature.withBytes { constantTimeEqual(expected, $0) }
            }
        }
    }

    /// RSA signatures are decoded leniently, as PHP's `base64_decode` does.
    private func isValidRSA(_ key: RSAPublicKey) -> Bool {
        scratch.text.removeAll(keepingCapacity: true)
        scratch.signature.withBytes { Base64.decodeLenient($0, into: &scratch.text) }
        return scratch.text.withBytes { signature in
            scratch.baseString.withBytes { key.verify(signature: signature, message: $0, digest: .sha1) }
        }
    }

    private func isValidPlaintext(_ key: [UInt8]) -> Bool {
        key.withBytes { key in scratch.signature.withBytes { constantTimeEqual(key, $0) } }
    }
}

extension Authorizer {
    /// The signature base string that is verified for an OAuth 1 request, whatever becomes of it; nil for other requests.
    public func baseString(of request: CheckRequest) -> [UInt8]? {
        guard case .oauth1(let header, let target) = Credential.find(in: request, gate: gate),
            let route = try? Route.of(request, gate: gate), let wiki = try? wiki(of: request, route),
            (try? collectParameters(request, header: header, target: target)) != nil
        else { return nil }
        writeBaseString(request, target: target, wiki: wiki)
        return scratch.baseString
    }
}
