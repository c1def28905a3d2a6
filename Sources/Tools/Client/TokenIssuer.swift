// OAuth 2 access tokens as MediaWiki's OAuth extension issues them: JWTs with these claims, in this order. Only the demo state has
// the key that signs them; the server has its public part.

import Cryptography
import Bytes

/// What an access token says.
public struct AccessTokenClaims: Sendable {
    /// `aud`: the client id, which is the consumer's key.
    public var clientID: String
    /// `jti`: the row in `oauth2_access_tokens`.
    public var identifier: String
    /// `sub`: the central id; nil for client credentials.
    public var userID: Int64?
    /// `iss`.
    public var issuer: String
    /// `iat` and `nbf`, seconds since 1970.
    public var issuedAt: Int64
    /// `exp`, seconds since 1970.
    public var expiresAt: Int64

    /// The signed token.
    /// - Throws: `KeyError.libraryFailure`.
    public func signed(by key: SigningKey) throws(KeyError) -> String {
        let claims: JSON = [
            "aud": .string(clientID), "jti": .string(identifier), "iat": .integer(issuedAt), "nbf": .integer(issuedAt),
            "exp": .integer(expiresAt), "sub": .string(userID.map { "\($0)" } ?? ""), "iss": .string(issuer),
            "scopes": ["basic", "editpage"],
        ]
        return String(decoding: try JWS.sign(claims.compact, with: key), as: UTF8.self)
    }
}
