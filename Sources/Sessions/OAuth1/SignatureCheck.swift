// The signature itself (RFC 5849, 3.4): the base string is written, and compared with by the method that the request names.

import Bytes
import Cryptography

private enum SignatureMethod {
    case hmacSHA1, rsaSHA1, plaintext
}

extension Check {
    /// Refuses the request unless its signature is that of the base string in `scratch`.
    func requireSignature(_ rows: OAuth1Rows, _ scratch: inout Scratch) throws(Halt) {
        let method = try readMethod(&scratch)
        let value = scratch.parameters.value(of: .signature)
        try require(!value.isList, .parameterRepeated, "oauth_signature is given once", scratch.trace)
        let signature: Bytes = if case .text(let text) = value { text } else { .empty }
        if let trace = scratch.trace { trace.baseString = scratch.baseString }
        if let recorded = scratch.recorded {
            return try require(
                recorded != .signatureInvalid, .signatureInvalid, "signature was valid when it was checked",
                scratch.trace)
        }
        let isValid: Bool =
            switch method {
            case .hmacSHA1: rows.hmacKey.map { isValidHMAC(signature, $0, &scratch) } ?? false
            case .rsaSHA1: rows.rsaKey.map { isValidRSA(signature, $0, &scratch) } ?? false
            case .plaintext: rows.plaintextKey.map { $0.withBytes { constantTimeEqual($0, signature) } } ?? false
            }
        try require(isValid, .signatureInvalid, "signature is valid", scratch.trace)
    }

    private func readMethod(_ scratch: inout Scratch) throws(Halt) -> SignatureMethod {
        let value = scratch.parameters.value(of: .signatureMethod)
        try require(!value.isList, .parameterRepeated, "oauth_signature_method is given once", scratch.trace)
        try require(value.truthy != nil, .signatureMethodMissing, "oauth_signature_method is present", scratch.trace)
        let text = value.truthy ?? .empty
        let method: SignatureMethod? =
            if text == "HMAC-SHA1" {
                .hmacSHA1
            } else if text == "RSA-SHA1" {
                .rsaSHA1
            } else {
                settings.oauth1.allowPlaintext && text == "PLAINTEXT" ? .plaintext : nil
            }
        scratch.trace?.check("oauth_signature_method is supported", method != nil)
        guard let method else { throw .refused(.signatureMethodUnsupported) }
        return method
    }

    /// HMAC signatures are compared as base64 text, as MediaWiki does: other spellings of the same bytes are refused.
    private func isValidHMAC(_ signature: Bytes, _ key: HMACSHA1Key, _ scratch: inout Scratch) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: HMACSHA1Key.size, alignment: 8) { code in
            scratch.baseString.withBytes { key.authenticate($0, into: code) }
            scratch.text.removeAll(keepingCapacity: true)
            Base64.encodeStandard(Bytes(UnsafeRawBufferPointer(code)), into: &scratch.text)
            return scratch.text.withBytes { constantTimeEqual($0, signature) }
        }
    }

    /// RSA signatures are decoded leniently, as PHP's `base64_decode` does.
    private func isValidRSA(_ signature: Bytes, _ key: RSAPublicKey, _ scratch: inout Scratch) -> Bool {
        scratch.text.removeAll(keepingCapacity: true)
        Base64.decodeLenient(signature, into: &scratch.text)
        return scratch.text.withBytes { signature in
            scratch.baseString.withBytes { key.verify(signature: signature, message: $0, digest: .sha1) }
        }
    }

    // MARK: The base string

    /// Writes the signature base string (RFC 5849, 3.4.1) to the scratch: METHOD & URL & parameters.
    func writeBaseString(_ request: Request, target: RequestTarget, wiki: ServedWiki, _ scratch: inout Scratch) {
        var text: [UInt8] = []
        swap(&text, &scratch.baseString)
        if text.capacity > 1 << 16 { text = [] } else { text.removeAll(keepingCapacity: true) }
        Self.appendMethod(request.method, into: &text)
        text.append(UInt8(ascii: "&"))
        wiki.appendServer(scheme: scheme(of: request), host: host(of: request), into: &text)
        target.appendSigned(into: &text)
        text.append(UInt8(ascii: "&"))
        scratch.parameters.appendNormalized(into: &text)
        swap(&text, &scratch.baseString)
    }

    private static func appendMethod(_ method: Bytes, into text: inout [UInt8]) {
        if method == "GET" || method == "POST" { return text.append(method) }
        method.buffer.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 & 0xdf : $0 }.withBytes {
            Percent.encode($0, into: &text)
        }
    }
}

/// The signature base string that is verified for an OAuth 1 request, whatever becomes of it; nil for other requests.
public func signatureBaseString(
    of request: Request, _ policy: Policy, _ memory: Memory, _ scratch: inout Scratch
) -> [UInt8]? {
    scratch.begin()
    let check = Check(policy: policy, memory: memory, now: Timestamp(seconds: 0))
    let target = RequestTarget(request.target)
    guard let route = try? Route(request.overrides, policy),
        case .oauth1(let header)? = try? check.findCredential(in: request, target, route, &scratch),
        let wiki = try? check.wiki(of: request, route),
        (try? check.collectParameters(request, header: header, target: target, route, &scratch)) != nil
    else { return nil }
    check.writeBaseString(request, target: target, wiki: wiki, &scratch)
    return scratch.baseString
}
