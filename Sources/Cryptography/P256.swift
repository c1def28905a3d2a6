// ECDSA on P-256 with SHA-256, and signatures as JWS has them (RFC 7518, 3.4): 32 bytes of r, then 32 bytes of s.

import CNative.OpenSSL
import Bytes

/// A P-256 public key. Several threads may use it at once.
final class P256PublicKey: Sendable {
    private let key: PKey
    private let verifier: PKey.Verifier

    /// Bytes of a signature.
    static let signatureSize = 2 * scalarSize
    /// Bytes of a coordinate, of r and of s.
    fileprivate static let scalarSize = 32

    /// The public part of `key`, which may be private.
    /// - Throws: `KeyError` when it is not a P-256 key, or when its point is not on the curve.
    init(key: PKey) throws(KeyError) {
        guard key.kind == .p256 else { throw .unsupported(expected: "a P-256 key") }
        guard key.hasValidPublicPart else { throw .point }
        self.key = key
        verifier = try key.makeVerifier()
    }

    /// The two coordinates of the point, 32 bytes each (RFC 7518, 6.2.1.2 and 6.2.1.3).
    /// - Throws: `KeyError.libraryFailure`.
    func coordinates() throws(KeyError) -> (x: [UInt8], y: [UInt8]) {
        func padded(_ number: [UInt8]) -> [UInt8] {
            [UInt8](repeating: 0, count: Self.scalarSize - number.count) + number
        }
        return (padded(try key.number("qx")), padded(try key.number("qy")))
    }

    /// Whether `signature`, r and s as they are, is this key's over `message`.
    func verify(signature: Bytes, message: Bytes) -> Bool {
        SHA256.digest(message).withBytes { digest in
            ECDSASignature.withDER(ofRaw: signature) { verifier.verify($0, of: digest) } ?? false
        }
    }

    /// The key as `PUBLIC KEY` PEM text.
    var pem: [UInt8] { key.publicPEM }
}

/// A P-256 private key. Several threads may use it at once.
final class P256PrivateKey: Sendable {
    private let key: PKey
    /// The public part.
    let publicKey: P256PublicKey

    /// - Throws: `KeyError` when `key` is not a P-256 key, or when its two parts do not belong together.
    init(key: PKey) throws(KeyError) {
        self.key = key
        publicKey = try P256PublicKey(key: key)
        let message = Bytes("self-test")
        let signature: [UInt8]
        do { signature = try sign(message) } catch { throw .inconsistent }
        guard signature.withBytes({ publicKey.verify(signature: $0, message: message) }) else { throw .inconsistent }
    }

    /// The signature of `message`: r and s.
    /// - Throws: `KeyError.libraryFailure`.
    func sign(_ message: Bytes) throws(KeyError) -> [UInt8] {
        guard let der = key.sign(message: message, digest: .sha256), let raw = ECDSASignature.raw(ofDER: der) else {
            throw .libraryFailure
        }
        return raw
    }

    /// The key as `PRIVATE KEY` PEM text, not encrypted. A secret.
    var pem: [UInt8] { key.privatePEM }
}

/// The two spellings of an ECDSA signature: libcrypto's ECDSA_SIG knows both.
private enum ECDSASignature {
    /// Two integers of 33 bytes, each with tag and length, in a sequence.
    private static let maxDERBytes = 72

    /// Calls `body` with the DER of the signature `raw`, valid during the call. Nil when `raw` has another length, or when
    /// libcrypto fails. The range of r and s is libcrypto's to check.
    static func withDER(ofRaw raw: Bytes, _ body: (Bytes) -> Bool) -> Bool? {
        guard raw.count == P256PublicKey.signatureSize, let signature = decoded(raw) else { return nil }
        defer { ECDSA_SIG_free(signature) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: maxDERBytes) { room in
            var end = room.baseAddress
            let count = Int(i2d_ECDSA_SIG(signature, &end))
            guard count > 0, count <= maxDERBytes else { return nil }
            return body(Bytes(UnsafeBufferPointer(rebasing: room[..<count])))
        }
    }

    private static func decoded(_ raw: Bytes) -> OpaquePointer? {
        let size = P256PublicKey.scalarSize
        guard let base = raw.buffer.baseAddress, let signature = ECDSA_SIG_new() else { return nil }
        let r = BN_bin2bn(base, CInt(size), nil)
        let s = BN_bin2bn(base + size, CInt(size), nil)
        // On success the signature owns both numbers.
        guard r != nil, s != nil, ECDSA_SIG_set0(signature, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            ECDSA_SIG_free(signature)
            ERR_clear_error()
            return nil
        }
        return signature
    }

    /// r and s of a signature that libcrypto made. Nil when it is malformed.
    static func raw(ofDER der: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        let size = CInt(P256PublicKey.scalarSize)
        let signature = der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_ECDSA_SIG(nil, &position, buffer.count)
        }
        guard let signature else { return nil }
        defer { ECDSA_SIG_free(signature) }
        var raw = [UInt8](repeating: 0, count: P256PublicKey.signatureSize)
        let isWhole = raw.withUnsafeMutableBufferPointer { raw in
            BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.baseAddress, size) == size
                && BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.baseAddress.map { $0 + Int(size) }, size) == size
        }
        return isWhole ? raw : nil
    }
}
