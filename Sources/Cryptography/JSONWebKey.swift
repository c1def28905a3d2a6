// The published form of a public key (RFC 7517), with which an edge can verify cookies itself.

import Bytes

/// A public key as a JSON Web Key for signatures.
public struct JSONWebKey: Sendable, Equatable {
    /// `alg`: the algorithm of the key's signatures.
    public let algorithm: JWSAlgorithm
    /// `kid`: the key's RFC 7638 thumbprint (SHA-256, base64url), the same for the same key everywhere; or another name.
    public private(set) var keyID: String
    /// The members that make up the key and its thumbprint, in lexicographic order (RFC 7638, 3.2).
    private let required: [JSON.Member]

    init(_ key: RSAPublicKey) throws(KeyError) {
        let (modulus, exponent) = (try key.modulus, try key.exponent)
        self.init(
            .rs256,
            [
                JSON.Member("e", .string(base64URL(exponent))), JSON.Member("kty", "RSA"),
                JSON.Member("n", .string(base64URL(modulus))),
            ])
    }

    init(_ key: P256PublicKey) throws(KeyError) {
        let (x, y) = try key.coordinates()
        self.init(
            .es256,
            [
                JSON.Member("crv", "P-256"), JSON.Member("kty", "EC"), JSON.Member("x", .string(base64URL(x))),
                JSON.Member("y", .string(base64URL(y))),
            ])
    }

    private init(_ algorithm: JWSAlgorithm, _ required: [JSON.Member]) {
        self.algorithm = algorithm
        self.required = required
        keyID = JSON.object(required).compact.withBytes { SHA256.digest($0) }.withBytes { base64URL($0.array) }
    }

    /// The same key under another `kid`; nil leaves its own.
    public func named(_ keyID: String?) -> JSONWebKey {
        var key = self
        if let keyID { key.keyID = keyID }
        return key
    }

    /// The key as a JSON object.
    public var json: JSON {
        .object(
            [
                JSON.Member("kid", .string(keyID)), JSON.Member("alg", .string(algorithm.rawValue)),
                JSON.Member("use", "sig"),
            ] + required)
    }

    /// Keys as a JSON Web Key Set (RFC 7517, 5).
    public static func set(_ keys: [JSONWebKey]) -> JSON {
        ["keys": .array(keys.map(\.json))]
    }
}

private func base64URL(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    bytes.withBytes { Base64.encodeURL($0, into: &text) }
    return String(decoding: text, as: UTF8.self)
}
