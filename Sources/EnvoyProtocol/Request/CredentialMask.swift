// Texts of a request without what proves whose it is, and with as much of the rest as an explanation needs. Of a signature the first
// characters stay, and of a JWT its claims: neither is of use to somebody who finds them. Event loops mask refused requests, 200 a
// second at most.

import Bytes

/// Masks credentials.
package enum CredentialMask {
    /// What stands in place of what is left out: an ellipsis, UTF-8.
    package static let ellipsis: [UInt8] = [0xE2, 0x80, 0xA6]

    /// Whether the value of a parameter with this name, decoded, is a secret.
    package static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        if ["oauth_token", "oauth_consumer_key", "oauth_signature_method"].contains(name) { return false }
        let parts = [
            "password", "passwd", "passphrase", "retype", "secret", "signature", "verifier", "assertion", "session",
            "credential",
        ]
        return parts.contains { name.contains($0) }
            || ["token", "_code", "_key", "apikey"].contains { name.hasSuffix($0) }
            || ["code", "key", "pass", "pin", "otp", "sid", "auth", "authorization", "jwt", "bearer"].contains(name)
    }

    /// An Authorization header.
    package static func authorization(_ value: Bytes) -> [UInt8] {
        let scheme = value.prefix(value.firstIndex(of: 0x20) ?? value.count)
        let rest = value.dropFirst(scheme.count)
        // What is no scheme may be a token that somebody has sent without one.
        let schemes: [StaticString] = ["oauth", "bearer", "basic", "centralauthtoken"]
        guard value.isEmpty || schemes.contains(where: { scheme.equalsIgnoringCase($0) }) else { return ellipsis }
        var masked = scheme.array
        if scheme.equalsIgnoringCase("oauth") {
            appendOAuth(rest, to: &masked)
        } else if !rest.isEmpty {
            masked.append(0x20)
            masked += token(rest.trimmed)
        }
        return masked
    }

    /// The parameters of an OAuth 1 header, `name="value", …`.
    private static func appendOAuth(_ parameters: Bytes, to masked: inout [UInt8]) {
        let isPlaintext = parameters.string.lowercased().contains("plaintext")
        pieces(of: parameters, separatedBy: [0x2C]) { piece, separator in
            // One without a name is all value.
            let isPair = piece.firstIndex(of: 0x3D) != nil || piece.trimmed.isEmpty
            append(isPair ? piece : .empty, to: &masked) { name, value in
                // Parameters that no comma separates are one value.
                guard name == "oauth_signature" else { return isSecret(name) || tells(value) ? ellipsis : nil }
                let isQuoted = value.first == 0x22
                let signature = isQuoted ? value.dropFirst(1) : value
                let kept = isPlaintext || signature.count < 16 ? [] : signature.prefix(6).array
                return (isQuoted ? [0x22] : []) + kept + ellipsis + (isQuoted ? [0x22] : [])
            }
            if !isPair { masked += [0x20] + ellipsis }
            if let separator { masked.append(separator) }
        }
    }

    /// A bearer token: of a JWT header and claims, of any other nothing.
    package static func token(_ value: Bytes) -> [UInt8] {
        // Two parts that are JSON objects, and a third: with more dots, one of them may end a whole token.
        guard value.starts(with: "eyJ"), let dot = value.firstIndex(of: 0x2E),
            value.dropFirst(dot + 1).starts(with: "eyJ"), let end = value.firstIndex(of: 0x2E, from: dot + 1),
            value.firstIndex(of: 0x2E, from: end + 1) == nil
        else { return ellipsis }
        return value.prefix(end + 1).array + ellipsis
    }

    /// A Cookie header: the claims of the session cookie `name`, and of the others their names.
    package static func cookie(_ value: Bytes, session name: [UInt8]) -> [UInt8] {
        var masked: [UInt8] = []
        pieces(of: value, separatedBy: [0x3B]) { piece, separator in
            if let equals = piece.firstIndex(of: 0x3D), isName(piece.prefix(equals)) {
                masked.append(piece.prefix(equals + 1))
                let isSession = name.withBytes { piece.prefix(equals).trimmed == $0 }
                masked += isSession ? token(piece.dropFirst(equals + 1)) : ellipsis
            } else if !piece.trimmed.isEmpty {
                // One without a name is all value.
                masked += ellipsis
            }
            if let separator { masked.append(separator) }
        }
        return masked
    }

    /// Whether a text is the name of something, and not itself a token or of another format.
    private static func isName(_ text: Bytes) -> Bool {
        text.count <= 64 && !isOther(text) && !text.string.contains("eyJ")
    }

    /// A path with its query.
    package static func target(_ value: Bytes) -> [UInt8] {
        let start = value.firstIndex(of: 0x3F) ?? value.count
        let masked = path(value.prefix(start))
        return start < value.count ? masked + [0x3F] + form(value.dropFirst(start + 1)) : masked
    }

    /// A path without its query. A client that has left out the question mark has its parameters in it.
    package static func path(_ value: Bytes) -> [UInt8] {
        let text = value.string.lowercased()
        let hasPairs = text.contains("=") || text.contains("%3d")
        let hasUser = text.contains("@") && text.contains("//")
        let isMasked = hasUser || value.string.contains("eyJ") || hasPairs && tells(value)
        return isMasked ? Array("/".utf8) + ellipsis : value.array
    }

    /// A host without the user and the password before it.
    package static func host(_ value: Bytes) -> [UInt8] {
        value.buffer.lastIndex(of: 0x40).map { ellipsis + value.dropFirst($0).array } ?? value.array
    }

    /// A form, or a query.
    package static func form(_ value: Bytes) -> [UInt8] {
        var masked: [UInt8] = []
        pieces(of: value, separatedBy: [0x26, 0x3B]) { piece, separator in
            append(piece, to: &masked) { name, value in
                isSecret(name) || tells(value) || isOther(value) ? ellipsis : nil
            }
            if let separator { masked.append(separator) }
        }
        return masked
    }

    /// Whether a text is of another format than forms: JSON, XML, or a part of a multipart body.
    private static func isOther(_ text: Bytes) -> Bool {
        text.buffer.contains { $0 < 0x20 || $0 == 0x22 || $0 == 0x7B || $0 == 0x3C }
    }

    /// Whether a value holds a name of secrets itself, as a URL or a form does, however often it is encoded; or a JWT.
    private static func tells(_ value: Bytes) -> Bool {
        if value.string.contains("eyJ") { return true }
        guard value.buffer.contains(where: { $0 == 0x25 || $0 == 0x3D }) else { return false }
        let text = value.string.lowercased()
        return ["token", "signature", "secret", "password", "passwd", "code", "key", "verifier"]
            .contains { text.contains($0) }
    }

    /// Appends `name=value`, with what `mask` makes of the value; nil leaves it.
    private static func append(
        _ pair: Bytes, to masked: inout [UInt8], _ mask: (_ name: String, _ value: Bytes) -> [UInt8]?
    ) {
        let equals = pair.firstIndex(of: 0x3D) ?? pair.count
        // One without a name, or with one that no parameter has, may be a token alone.
        guard isName(pair.prefix(equals)) else { return masked += ellipsis }
        guard equals < pair.count else { return masked.append(pair) }
        var name: [UInt8] = []
        Percent.decodeForm(pair.prefix(equals).trimmed, into: &name)
        let value = pair.dropFirst(equals + 1)
        masked.append(pair.prefix(equals + 1))
        if let replacement = mask(String(decoding: name, as: UTF8.self), value) {
            masked += replacement
        } else {
            masked.append(value)
        }
    }

    /// Calls `body` with each piece of `text` and what separates it from the next, nil behind the last.
    private static func pieces(of text: Bytes, separatedBy separators: [UInt8], _ body: (Bytes, UInt8?) -> Void) {
        var start = 0
        for index in 0..<text.count where separators.contains(text[index]) {
            body(text[start..<index], text[index])
            start = index + 1
        }
        body(text.dropFirst(start), nil)
    }
}
