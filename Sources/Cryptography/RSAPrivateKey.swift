// RSA keys that sign: the session cookie's (RS256), and OAuth 1 clients' in tools and tests.

import Bytes

/// An RSA private key for RSASSA-PKCS1-v1_5 signatures; can be used by several threads at once.
public final class RSAPrivateKey: @unchecked Sendable {
    // @unchecked Sendable: the key is never changed after init; libcrypto keeps a blinding for each thread behind its own lock.
    private let key: PKeyHandle

    /// The public part.
    public let publicKey: RSAPublicKey

    /// Reads an unencrypted key in PEM form: `PRIVATE KEY` (PKCS #8) or `RSA PRIVATE KEY` (PKCS #1). That its two parts belong
    /// together is tried by signing once.
    public convenience init(pem: Bytes, minimumBits: Int = 2048) throws(KeyError) {
        try self.init(key: Self.read(pem), minimumBits: minimumBits)
    }

    private init(key: PKeyHandle, minimumBits: Int) throws(KeyError) {
        self.key = key
        publicKey = try RSAPublicKey(key: key, minimumBits: minimumBits)
        guard let signature = key.sign(message: Bytes("self-test"), digest: .sha256) else { throw .inconsistent }
        let verified = signature.withBytes {
            publicKey.verify(signature: $0, message: Bytes("self-test"), digest: .sha256)
        }
        guard verified else { throw .inconsistent }
    }

    private static let expected = "PRIVATE KEY or RSA PRIVATE KEY"

    private static func read(_ pem: Bytes) throws(KeyError) -> PKeyHandle {
        let blocks = try PEMBlock.blocks(of: pem)
        for block in blocks where block.label.hasSuffix("PRIVATE KEY") {
            guard !block.encrypted, block.label != "ENCRYPTED PRIVATE KEY" else { throw .encrypted }
            guard ["PRIVATE KEY", "RSA PRIVATE KEY"].contains(block.label) else { throw .notRSA }
            guard let key = PKeyHandle(label: block.label, der: block.der) else { throw .malformed(expected: expected) }
            return key
        }
        let isPublic = blocks.contains { $0.label.hasSuffix("PUBLIC KEY") || $0.label == "CERTIFICATE" }
        if isPublic { throw .publicKeyGiven }
        throw blocks.isEmpty ? .noKey(expected: expected) : .malformed(expected: expected)
    }

    /// A new key; blocks for a tenth of a second or more.
    public static func generate(bits: Int = 2048) throws(KeyError) -> RSAPrivateKey {
        guard let key = PKeyHandle(generatedBits: bits) else { throw .libraryFailure }
        return try RSAPrivateKey(key: key, minimumBits: min(bits, 1024))
    }

    /// The signature of `message`, as long as the modulus. Costs most of a millisecond: not for an event loop.
    public func sign(_ message: Bytes, digest: SignatureDigest) throws(KeyError) -> [UInt8] {
        guard let signature = key.sign(message: message, digest: digest) else { throw .libraryFailure }
        return signature
    }

    /// The key as unencrypted `PRIVATE KEY` PEM text. A secret: the caller keeps it where nobody else reads it.
    public var pem: [UInt8] { key.privatePEM }
}
