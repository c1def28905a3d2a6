// The published form of a public key (RFC 7517), so that an edge can verify the cookie itself.

import Bytes

/// An RSA public key as a JSON Web Key for RS256 signatures.
public struct JSONWebKey: Sendable, Equatable {
    /// Key type: RSA.
    public let keyType = "RSA"
    /// Algorithm.
    public let algorithm = "RS256"
    /// Public key use: signatures.
    public let use = "sig"
    /// The key's RFC 7638 thumbprint (SHA-256, base64url): the same for the same key, everywhere.
    public let keyID: String
    /// `n`: the modulus, base64url.
    public let modulus: String
    /// `e`: the public exponent, base64url.
    public let exponent: String

    /// The JSON Web Key of `key`.
    public init(_ key: RSAPublicKey) {
        modulus = key.modulus.withBytes(base64URL)
        exponent = key.exponent.withBytes(base64URL)
        // RFC 7638, 3.2: the required members only, in lexicographic order, without white space.
        let thumbprint = Array("{\"e\":\"\(exponent)\",\"kty\":\"RSA\",\"n\":\"\(modulus)\"}".utf8)
        keyID = thumbprint.withBytes { SHA256.digest($0).withBytes(base64URL) }
    }

    /// The key as a JSON object. Its members need no escaping: they are base64url and constants.
    public var json: String {
        "{\"kty\":\"\(keyType)\",\"alg\":\"\(algorithm)\",\"use\":\"\(use)\",\"kid\":\"\(keyID)\","
            + "\"n\":\"\(modulus)\",\"e\":\"\(exponent)\"}"
    }

    /// Keys as a JSON Web Key Set (RFC 7517, 5).
    public static func set(_ keys: [JSONWebKey]) -> String {
        "{\"keys\":[" + keys.map(\.json).joined(separator: ",") + "]}"
    }
}

private func base64URL(_ bytes: Bytes) -> String {
    var text: [UInt8] = []
    Base64.encodeURL(bytes, into: &text)
    return String(decoding: text, as: UTF8.self)
}
