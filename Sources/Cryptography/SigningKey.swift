// Private keys that sign session cookies, and in tools and tests access tokens.

import Bytes

/// A private key and the algorithm that it signs with. Several threads may use it at once.
public struct SigningKey: Sendable {
    private let material: Material
    /// The public part.
    public let publicKey: VerificationKey

    private enum Material: Sendable {
        case rsa(RSAPrivateKey)
        case p256(P256PrivateKey)
    }

    /// Reads a key in PEM form that is not encrypted: `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`. RSA keys of 2048 to
    /// 8192 bits sign RS256, P-256 keys ES256.
    /// - Throws: `KeyError` when there is no such key, or when its two parts do not belong together.
    public init(pem: Bytes) throws(KeyError) {
        try self.init(.readPrivate(pem: pem))
    }

    private init(_ key: PKey) throws(KeyError) {
        switch key.kind {
        case .rsa:
            let key = try RSAPrivateKey(key: key, minimumBits: JWSAlgorithm.minimumBits)
            material = .rsa(key)
            publicKey = try VerificationKey(key.publicKey)
        case .p256:
            let key = try P256PrivateKey(key: key)
            material = .p256(key)
            publicKey = try VerificationKey(key.publicKey)
        case .other: throw .unsupported(expected: JWSAlgorithm.expectedKeys)
        }
    }

    /// A new key. For RS256 it has 2048 bits, and making it blocks for a tenth of a second or more.
    /// - Throws: `KeyError.libraryFailure`.
    public static func generate(_ algorithm: JWSAlgorithm = .rs256) throws(KeyError) -> SigningKey {
        let key =
            switch algorithm {
            case .rs256: PKey.generateRSA(bits: JWSAlgorithm.minimumBits)
            case .es256: PKey.generateP256()
            }
        guard let key else { throw .libraryFailure }
        return try SigningKey(key)
    }

    /// The algorithm.
    public var algorithm: JWSAlgorithm { publicKey.algorithm }

    /// The signature of `message`, as JWS has it. Takes most of a millisecond for RS256, a twentieth of that for ES256.
    /// - Throws: `KeyError.libraryFailure`.
    public func sign(_ message: Bytes) throws(KeyError) -> [UInt8] {
        switch material {
        case .rsa(let key): try key.sign(message, digest: .sha256)
        case .p256(let key): try key.sign(message)
        }
    }

    /// The key as `PRIVATE KEY` PEM text, not encrypted. A secret.
    public var pem: [UInt8] {
        switch material {
        case .rsa(let key): key.pem
        case .p256(let key): key.pem
        }
    }
}
