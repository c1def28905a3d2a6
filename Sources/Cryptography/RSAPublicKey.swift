// RSA keys that verify: consumers' keys for RSA-SHA1 (RFC 5849, 3.4.3), the issuer's keys for access tokens and cookies (RS256).
//
// What a system's policy for libcrypto forbids (SHA-1 in signatures, in some distributions) is verified all the same: whether a
// consumer may sign so was the wiki's to decide, when it registered the key.

import Bytes

/// The hash inside an RSASSA-PKCS1-v1_5 signature (RFC 8017, 8.2).
public enum SignatureDigest: Sendable {
    /// OAuth 1's RSA-SHA1.
    case sha1
    /// JWS's RS256.
    case sha256
}

/// An RSA public key for RSASSA-PKCS1-v1_5 signatures; can be used by several threads at once.
public final class RSAPublicKey: @unchecked Sendable {
    // @unchecked Sendable: the key is never changed after init.
    private let key: PKeyHandle
    private let operation: RSAPublicOperation
    private let sha1: EncodedDigest
    private let sha256: EncodedDigest

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
        guard let operation = RSAPublicOperation(modulus: modulus, exponent: exponent) else { throw .libraryFailure }
        self.operation = operation
        sha1 = EncodedDigest(.sha1, size: operation.size)
        sha256 = EncodedDigest(.sha256, size: operation.size)
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
    ///
    /// RSASSA-PKCS1-v1_5 as RFC 8017, 8.2.2 has it: what the signature holds must be the one encoding of the message's digest,
    /// byte for byte. Nothing of what it holds is parsed, so that there is nothing to be lenient about.
    public func verify(signature: Bytes, message: Bytes, digest: SignatureDigest) -> Bool {
        operation.withEncodedMessage(of: signature) { encoded in
            switch digest {
            case .sha1: SHA1.digest(message).withBytes { sha1.matches(encoded, digest: $0) }
            case .sha256: SHA256.digest(message).withBytes { sha256.matches(encoded, digest: $0) }
            }
        } ?? false
    }

    /// The key as `PUBLIC KEY` PEM text.
    public var pem: [UInt8] { key.publicPEM }
}

/// EMSA-PKCS1-v1_5 (RFC 8017, 9.2) for one digest and one size of a key.
private struct EncodedDigest {
    /// All that precedes the digest: 00 01, ff as often as it takes, 00, and DER's DigestInfo up to the digest itself.
    private let prefix: [UInt8]

    init(_ digest: SignatureDigest, size: Int) {
        let padding = size - 3 - digest.digestInfo.count - digest.count
        prefix = [0, 1] + [UInt8](repeating: 0xff, count: padding) + [0] + digest.digestInfo
    }

    /// Whether `encoded` is the encoding of `digest` and nothing else.
    func matches(_ encoded: Bytes, digest: Bytes) -> Bool {
        encoded.count == prefix.count + digest.count
            && prefix.withBytes { encoded.prefix($0.count) == $0 }
            && encoded.dropFirst(prefix.count) == digest
    }
}

extension SignatureDigest {
    /// Bytes of a digest.
    fileprivate var count: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1).
    fileprivate var digestInfo: [UInt8] {
        switch self {
        case .sha1: [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14]
        case .sha256:
            [
                0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
                0x04, 0x20,
            ]
        }
    }
}
