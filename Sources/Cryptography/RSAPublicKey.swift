// RSA keys that verify: consumers' keys for RSA-SHA1 (RFC 5849, 3.4.3), the issuer's keys for access tokens and cookies (RS256).

import Wire

/// The hash inside an RSASSA-PKCS1-v1_5 signature (RFC 8017, 8.2).
public enum SignatureDigest: Sendable {
    /// OAuth 1's RSA-SHA1.
    case sha1
    /// JWS's RS256.
    case sha256
}

/// An RSA public key for RSASSA-PKCS1-v1_5 signatures; can be used by several threads at once.
public final class RSAPublicKey: @unchecked Sendable {
    // @unchecked Sendable: the key is never changed after init, and libcrypto's verification locks what it caches in it.
    private let key: PKeyHandle

    /// Bits of the modulus.
    public let modulusBits: Int
    /// The modulus, big-endian without leading zeros (`n` of RFC 7518, 6.3.1.1).
    public let modulus: [UInt8]
    /// The public exponent, big-endian without leading zeros (`e` of RFC 7518, 6.3.1.2).
    public let exponent: [UInt8]

    /// Reads a key in PEM form: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`, the first certificate before the first key
    /// as PHP does. Modulus sizes below `minimumBits` and above 8192 are refused: a verification must stay cheap, whoever
    /// registered the key.
    public convenience init(pem: Bytes, minimumBits: Int = 1024) throws(KeyError) {
        try self.init(key: Self.read(pem), minimumBits: minimumBits)
    }

    init(key: PKeyHandle, minimumBits: Int) throws(KeyError) {
        try key.requireRSA(minimumBits: minimumBits)
        self.key = key
        modulusBits = key.bits
        modulus = try key.number("n")
        exponent = try key.number("e")
    }

    private static let expected = "PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE"

    private static func read(_ pem: Bytes) throws(KeyError) -> PKeyHandle {
        let blocks = try PEMBlock.blocks(of: pem)
        for label in ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY"] {
            guard let block = blocks.first(where: { $0.label == label }) else { continue }
            if let key = PKeyHandle(label: label, der: block.der) { return key }
        }
        if blocks.contains(where: { $0.label.hasSuffix("PRIVATE KEY") }) { throw .privateKeyGiven }
        throw blocks.isEmpty ? .noKey(expected: expected) : .malformed(expected: expected)
    }

    /// Whether `signature` is this key's over `message`. Anything wrong with it, its length included, is false.
    public func verify(signature: Bytes, message: Bytes, digest: SignatureDigest) -> Bool {
        key.verify(signature: signature, message: message, digest: digest)
    }

    /// The key as `PUBLIC KEY` PEM text.
    public var pem: [UInt8] { key.publicPEM }
}
