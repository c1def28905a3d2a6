// Public keys of those who sign access tokens and session cookies.

import Bytes

/// A public key and the algorithm of the signatures that it verifies. Several threads may use it at once.
public struct VerificationKey: Sendable {
    private let material: Material
    /// The key as it is published.
    public let webKey: JSONWebKey

    private enum Material: Sendable {
        case rsa(RSAPublicKey)
        case p256(P256PublicKey)
    }

    /// Reads a key in PEM form: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`. RSA keys of 2048 to 8192 bits are for RS256,
    /// P-256 keys for ES256.
    /// - Throws: `KeyError` when there is no such key.
    public init(pem: Bytes) throws(KeyError) {
        let key = try PKey.readPublic(pem: pem)
        switch key.kind {
        case .rsa: try self.init(RSAPublicKey(key: key, minimumBits: JWSAlgorithm.minimumBits))
        case .p256: try self.init(P256PublicKey(key: key))
        case .other: throw .unsupported(expected: JWSAlgorithm.expectedKeys)
        }
    }

    init(_ key: RSAPublicKey) throws(KeyError) {
        material = .rsa(key)
        webKey = try JSONWebKey(key)
    }

    init(_ key: P256PublicKey) throws(KeyError) {
        material = .p256(key)
        webKey = try JSONWebKey(key)
    }

    /// The algorithm.
    public var algorithm: JWSAlgorithm {
        switch material {
        case .rsa: .rs256
        case .p256: .es256
        }
    }

    /// The key's RFC 7638 thumbprint: two keys are the same if and only if it is.
    public var keyID: String { webKey.keyID }

    /// Whether `signature` is this key's over `message`.
    public func verify(signature: Bytes, message: Bytes) -> Bool {
        switch material {
        case .rsa(let key): key.verify(signature: signature, message: message, digest: .sha256)
        case .p256(let key): key.verify(signature: signature, message: message)
        }
    }

    /// The key as `PUBLIC KEY` PEM text.
    public var pem: [UInt8] {
        switch material {
        case .rsa(let key): key.pem
        case .p256(let key): key.pem
        }
    }
}
