// RSA keys that sign: OAuth 1 clients' in tools and tests (RSA-SHA1), and what RS256 signs with.

import Bytes

/// An RSA private key for RSASSA-PKCS1-v1_5 signatures. Several threads may use it at once.
public final class RSAPrivateKey: Sendable {
    private let key: PKey

    /// The public part.
    public let publicKey: RSAPublicKey

    /// Reads a key in PEM form that is not encrypted: `PRIVATE KEY` (PKCS #8) or `RSA PRIVATE KEY` (PKCS #1).
    /// - Throws: `KeyError` when there is no such key, or when its two parts do not belong together.
    public convenience init(pem: Bytes, minimumBits: Int = 2048) throws(KeyError) {
        try self.init(key: .readPrivate(pem: pem), minimumBits: minimumBits)
    }

    init(key: PKey, minimumBits: Int) throws(KeyError) {
        self.key = key
        publicKey = try RSAPublicKey(key: key, minimumBits: minimumBits)
        let message = Bytes("self-test")
        guard let signature = key.sign(message: message, digest: .sha256),
            signature.withBytes({ publicKey.verify(signature: $0, message: message, digest: .sha256) })
        else { throw .inconsistent }
    }

    /// A new key. Blocks for a tenth of a second or more.
    /// - Throws: `KeyError.libraryFailure`.
    public static func generate(bits: Int = 2048) throws(KeyError) -> RSAPrivateKey {
        guard let key = PKey.generateRSA(bits: bits) else { throw .libraryFailure }
        return try RSAPrivateKey(key: key, minimumBits: min(bits, 1024))
    }

    /// The signature of `message`, as long as the modulus. Takes most of a millisecond: not for an event loop.
    /// - Throws: `KeyError.libraryFailure`.
    public func sign(_ message: Bytes, digest: SignatureDigest) throws(KeyError) -> [UInt8] {
        guard let signature = key.sign(message: message, digest: digest) else { throw .libraryFailure }
        return signature
    }

    /// The key as `PRIVATE KEY` PEM text, not encrypted. A secret.
    public var pem: [UInt8] { key.privatePEM }
}
