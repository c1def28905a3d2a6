// A signed session cookie, ready to be sent: made once per user and reuse window, on a worker.

import Cryptography
import Bytes

/// A freshly signed `sessionJwt` cookie, with the header that sets it.
public final class MintedCookie: Remembered {
    /// The JWT: ASCII.
    public let token: [UInt8]
    /// Value of the Set-Cookie header: ASCII.
    public let header: [UInt8]
    /// What the protocol layer has encoded of it.
    public let memo = MemoSlot()

    private init(token: [UInt8], header: [UInt8]) {
        self.token = token
        self.header = header
    }

    /// The object, three arrays' heads, the token, and the header twice: as it is, and encoded.
    var byteCount: Int { 192 + token.count + 2 * header.count }

    /// Signs a cookie, which takes up to a millisecond: on a worker.
    static func mint(_ claims: CookieClaims, _ policy: Policy, at now: Timestamp) throws(Fault) -> MintedCookie {
        guard let signer = policy.keys.signer else { throw .keyUnavailable }
        let settings = policy.settings.cookie
        let token: [UInt8]
        do {
            token = try JWS.sign(
                payload(claims, policy.settings, at: now), with: signer,
                keyID: settings.includeKeyID ? policy.keys.signerID : nil)
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

/// What a minted cookie says about whom: the same claims are minted once per reuse window.
public struct CookieClaims: Hashable, Sendable {
    /// Central user id.
    public var userID: Int64
    /// `iss`.
    public var issuer: String
    /// `rlc`, empty when unknown.
    public var rateLimitClass: String

    /// Claims for one user.
    public init(userID: Int64, issuer: String, rateLimitClass: String) {
        self.userID = userID
        self.issuer = issuer
        self.rateLimitClass = rateLimitClass
    }

    /// Where the minted cookie is kept.
    var cacheKey: CacheKey {
        var hash = KeyedHash()
        withUnsafeBytes(of: userID) { hash.combine(Bytes($0)) }
        Array(issuer.utf8).withBytes { hash.combine($0) }
        Array(rateLimitClass.utf8).withBytes { hash.combine($0) }
        return CacheKey(hash)
    }
}
