// OAuth 2 access tokens as MediaWiki's extension issues them: RS256 JWTs with these claims, in this order. Only the demo state
// has the key for it; the server knows the public part.

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
    public func signed(by key: RSAPrivateKey) throws(KeyError) -> String {
        let claims: JSON = [
            "aud": .string(clientID), "jti": .string(identifier), "iat": .integer(issuedAt), "nbf": .integer(issuedAt),
            "exp": .integer(expiresAt), "sub": .string(userID.map { "\($0)" } ?? ""), "iss": .string(issuer),
            "scopes": ["basic", "editpage"],
        ]
        let message = base64URL(#"{"typ":"JWT","alg":"RS256"}"#) + [UInt8(ascii: ".")] + base64URL("\(claims)")
        let signature = try message.withBytes { (message) throws(KeyError) in try key.sign(message, digest: .sha256) }
        var token = message + [UInt8(ascii: ".")]
        signature.withBytes { Base64.encodeURL($0, into: &token) }
        return String(decoding: token, as: UTF8.self)
    }
}

private func base64URL(_ text: String) -> [UInt8] {
    var encoded: [UInt8] = []
    Array(text.utf8).withBytes { Base64.encodeURL($0, into: &encoded) }
    return encoded
}
