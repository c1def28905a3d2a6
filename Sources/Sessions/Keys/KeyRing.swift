// The keys: those that access tokens are verified with, and those of the session cookie.

import Cryptography
import Bytes

/// Public and private keys, each with its algorithm.
public struct KeyRing: Sendable {
    /// The keys that OAuth 2 access tokens are verified with.
    public let accessTokenKeys: [VerificationKey]
    /// Signs cookies; nil when no cookies are set.
    public let signer: SigningKey?
    /// The signer's `kid`; nil without a signer.
    public let signerID: String?
    /// The keys that cookies are verified with: the signer's, and those that are only published.
    public let cookieKeys: [VerificationKey]
    /// The cookie keys as a JWK set (RFC 7517, 5): UTF-8 JSON.
    public let jwks: [UInt8]

    /// - Parameters:
    ///   - accessTokenKeys: The keys of `$wgOAuth2PublicKey`: the present one and those being rotated.
    ///   - signer: The cookie's signing key.
    ///   - signerID: The `kid` under which others know it; nil for its thumbprint.
    ///   - alsoPublished: Cookie keys that sign nothing (not yet, or no longer), but verify and are published.
    public init(
        accessTokenKeys: [VerificationKey], signer: SigningKey?, signerID: String? = nil,
        alsoPublished: [VerificationKey]
    ) {
        self.accessTokenKeys = accessTokenKeys
        self.signer = signer
        self.signerID = signer.map { signerID ?? $0.publicKey.keyID }
        cookieKeys = (signer.map { [$0.publicKey] } ?? []) + alsoPublished
        let published = (signer.map { [$0.publicKey.webKey.named(signerID)] } ?? []) + alsoPublished.map(\.webKey)
        jwks = JSONWebKey.set(published).compact
    }
}
