// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2): RSA-SHA1 of OAuth 1 consumers (RFC 5849, 3.4.3), and RS256.
//
// libcrypto checks the padding and compares what it holds, byte for byte, with the DigestInfo of the message. It is given the
// DigestInfo itself, and not the name of a digest: a system's policy for libcrypto may forbid SHA-1 in signatures, but which
// consumers may use RSA-SHA1 was the wiki's decision when it registered their keys.

import Bytes

/// The hash inside of a signature.
public enum SignatureDigest: Sendable {
    /// For RSA-SHA1 of OAuth 1.
    case sha1
    /// For RS256 and ES256 of JWS.
    case sha256
}

/// An RSA public key for RSASSA-PKCS1-v1_5 signatures. Several threads may use it at once.
public final class RSAPublicKey: Sendable {
    private let key: PKey
    private let verifier: PKey.Verifier
    /// Bytes of the modulus and of each signature (`k` of RFC 8017).
    private let size: Int

    /// Bits of the modulus.
    public let modulusBits: Int

    /// Reads a key in PEM form: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`. A certificate comes before a key, as in PHP.
    ///
    /// The modulus must have `minimumBits` to 8192 bits, and the exponent at most 32: anyone may register a key, and
    /// verifications with it must stay cheap.
    /// - Throws: `KeyError` when there is no such key.
    public convenience init(pem: Bytes, minimumBits: Int = 1024) throws(KeyError) {
        try self.init(key: .readPublic(pem: pem), minimumBits: minimumBits)
    }

    /// The public part of `key`, which may be private.
    init(key: PKey, minimumBits: Int) throws(KeyError) {
        try key.requireRSA(minimumBits: minimumBits)
        self.key = key
        modulusBits = key.bits
        size = (key.bits + 7) / 8
        verifier = try key.makeVerifier()
    }

    /// The modulus, big-endian without leading zeros (`n` of RFC 7518, 6.3.1.1).
    /// - Throws: `KeyError.libraryFailure`.
    public var modulus: [UInt8] { get throws(KeyError) { try key.number("n") } }

    /// The public exponent, big-endian without leading zeros (`e` of RFC 7518, 6.3.1.2).
    /// - Throws: `KeyError.libraryFailure`.
    public var exponent: [UInt8] { get throws(KeyError) { try key.number("e") } }

    /// Whether `signature` is this key's over `message`.
    ///
    /// It must be as long as the modulus; libcrypto alone would accept one without its leading zeros.
    public func verify(signature: Bytes, message: Bytes, digest: SignatureDigest) -> Bool {
        signature.count == size && digest.withInfo(of: message) { verifier.verify(signature, of: $0) }
    }

    /// The key as `PUBLIC KEY` PEM text.
    public var pem: [UInt8] { key.publicPEM }
}

extension PKey {
    /// Largest modulus. With it a verification takes 0.2 ms, with the worst of exponents four times as long.
    private static let maximumBits = 8192
    /// Smallest modulus, even if less is asked for: a DigestInfo and its padding must have room in it.
    private static let leastBits = 512

    /// Refuses keys that are not RSA, that are too weak, or that would take long to verify with.
    /// - Throws: `KeyError`.
    fileprivate func requireRSA(minimumBits: Int) throws(KeyError) {
        guard kind == .rsa else { throw .unsupported(expected: "an RSA key") }
        let minimumBits = max(minimumBits, Self.leastBits)
        guard bits >= minimumBits, bits <= Self.maximumBits else {
            throw .modulusSize(bits: bits, minimum: minimumBits, maximum: Self.maximumBits)
        }
        guard let last = try number("n").last, last & 1 == 1 else { throw .modulus }
        let exponent = try number("e")
        guard exponent.count <= 4, let last = exponent.last, last & 1 == 1, exponent != [1] else { throw .exponent }
    }
}

extension SignatureDigest {
    /// Calls `body` with the DER of the message's DigestInfo (RFC 8017, 9.2, note 1), valid during the call.
    fileprivate func withInfo(of message: Bytes, _ body: (Bytes) -> Bool) -> Bool {
        switch self {
        case .sha1: SHA1.digest(message).withBytes { Self.join(Self.sha1Prefix, $0, body) }
        case .sha256: SHA256.digest(message).withBytes { Self.join(Self.sha256Prefix, $0, body) }
        }
    }

    private static func join(_ prefix: [UInt8], _ digest: Bytes, _ body: (Bytes) -> Bool) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: prefix.count + digest.count) { room in
            _ = room.initialize(fromContentsOf: prefix)
            _ = room[prefix.count...].initialize(fromContentsOf: digest.buffer)
            return body(Bytes(UnsafeBufferPointer(room)))
        }
    }

    private static let sha1Prefix: [UInt8] = [
        0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
    ]
    private static let sha256Prefix: [UInt8] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ]
}
