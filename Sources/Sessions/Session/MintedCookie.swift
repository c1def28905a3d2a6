// A signed session cookie, ready to be sent: made once per user and reuse window, on a worker.

import Cryptography
import Bytes
import EnvoyProtocol

/// A freshly signed `sessionJwt` cookie, with the header that sets it.
public final class MintedCookie: Sendable {
    /// The JWT: ASCII.
    public let token: [UInt8]
    /// Value of the Set-Cookie header: ASCII.
    public let header: [UInt8]
    /// The entry of `OkHttpResponse.response_headers_to_add` that sets it, encoded.
    let part: [UInt8]

    private init(token: [UInt8], header: [UInt8]) {
        self.token = token
        self.header = header
        var writer = ProtobufWriter()
        Answer.writeResponseHeader("set-cookie", header, into: &writer)
        part = writer.bytes
    }

    /// Stands for a cookie in a check that sets none.
    static let placeholder = MintedCookie(token: [], header: [])

    /// Signs a cookie, which takes up to a millisecond: on a worker.
    static func mint(_ claims: CookieClaims, gate: Gate, at now: Timestamp) throws(Fault) -> MintedCookie {
        guard let signer = gate.keys.signer else { throw .keyUnavailable }
        let settings = gate.settings.cookie
        let token: [UInt8]
        do {
            token = try JWS.sign(
                payload(claims, gate.settings, at: now), with: signer, namingKey: settings.includeKeyID)
        } catch { throw .keyUnavailable }
        return MintedCookie(token: token, header: setCookie(token, settings, at: now))
    }

    /// MediaWiki's claims, in its order.
    private static func payload(_ claims: CookieClaims, _ settings: Settings, at now: Timestamp) -> [UInt8] {
        let identifier = SecureRandom.bytes(16)
        var jti: [UInt8] = []
        Base64.encodeStandard(identifier, into: &jti)
        var json: [(key: String, value: JSON)] = [
            ("iss", .string(claims.issuer)),
            ("sxp", .number(String(now.seconds + settings.cookie.lifetime))),
            ("jti", .string(String(decoding: jti, as: UTF8.self))),
            ("sub", .string(settings.users.subject(id: claims.userID))),
            ("iat", .number(String(now.seconds - settings.cookie.backdate))),
        ]
        if let hard = settings.cookie.hardLifetime { json.append(("exp", .number(String(now.seconds + hard)))) }
        if !claims.rateLimitClass.isEmpty { json.append(("rlc", .string(claims.rateLimitClass))) }
        return JSON.object(json.map { JSON.Member($0.key, $0.value) }).compact
    }

    private static func setCookie(_ token: [UInt8], _ settings: CookieSettings, at now: Timestamp) -> [UInt8] {
        var text = Array(settings.name.utf8)
        text.append(UInt8(ascii: "="))
        text += token
        text.append("; expires=")
        HTTPDate.append(seconds: now.seconds + settings.lifetime, into: &text)
        text.append(contentsOf: "; Max-Age=\(settings.lifetime); path=\(settings.path)".utf8)
        if let domain = settings.domain { text.append(contentsOf: "; domain=\(domain)".utf8) }
        text.append("; secure; HttpOnly")
        if let sameSite = settings.sameSite { text.append(contentsOf: "; SameSite=\(sameSite.rawValue)".utf8) }
        return text
    }
}

extension Base64 {
    static func encodeStandard(_ bytes: [UInt8], into output: inout [UInt8]) {
        bytes.withBytes { encodeStandard($0, into: &output) }
    }
}
