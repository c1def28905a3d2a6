// The keys: those that access tokens are verified with, and those of the session cookie.

import Cryptography
import Bytes

/// Public and private keys, fixed for the life of a gate.
public struct KeyRing: Sendable {
    /// Any of these verifies an OAuth 2 access token.
    public let accessTokenKeys: [RSAPublicKey]
    /// Signs cookies; nil when no cookies are set.
    public let signer: RSAPrivateKey?
    /// Any of these verifies a cookie: the signer's, the next one's, the previous one's.
    public let cookieKeys: [RSAPublicKey]
    /// `kid` of the signer (RFC 7638 thumbprint).
    public let signerKeyID: String?
    /// The cookie keys as a JWK set (RFC 7517, 5): UTF-8 JSON.
    public let jwks: [UInt8]

    /// - Parameters:
    ///   - accessTokenKeys: keys of `$wgOAuth2PublicKey`, the present one and those being rotated.
    ///   - signer: the cookie's signing key.
    ///   - alsoPublished: cookie keys that are not signed with (yet, or any more), but verify and are published.
    public init(accessTokenKeys: [RSAPublicKey], signer: RSAPrivateKey?, alsoPublished: [RSAPublicKey]) {
        self.accessTokenKeys = accessTokenKeys
        self.signer = signer
        cookieKeys = (signer.map { [$0.publicKey] } ?? []) + alsoPublished
        signerKeyID = signer.map { JSONWebKey($0.publicKey).keyID }
        jwks = Array(JSONWebKey.set(cookieKeys.map { JSONWebKey($0) }).utf8)
    }
}
