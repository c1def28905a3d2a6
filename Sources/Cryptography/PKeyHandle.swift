// libcrypto's EVP_PKEY: the one file that knows it. Owns the key and frees it (libcrypto wipes private parts).
//
// A verification is set up once for each digest and copied for each signature: set up from nothing, it looks its algorithms
// up by name and takes a fifth longer. The copies make it safe for several threads, and so does that a template is only read.
//
// Every failure leaves libcrypto's thread-local error queue empty: a stale entry would be taken for another call's.

import CNative.OpenSSL
import Wire

/// An EVP_PKEY.
final class PKeyHandle {
    private let key: OpaquePointer
    /// Nil when the key is not RSA or libcrypto's policy forbids the digest.
    private let sha1Verification: OpaquePointer?
    private let sha256Verification: OpaquePointer?

    private init(owning key: OpaquePointer) {
        self.key = key
        sha1Verification = Self.verification(key, EVP_sha1())
        sha256Verification = Self.verification(key, EVP_sha256())
        ERR_clear_error()
    }

    deinit {
        EVP_PKEY_CTX_free(sha1Verification)
        EVP_PKEY_CTX_free(sha256Verification)
        EVP_PKEY_free(key)
    }

    private static func verification(_ key: OpaquePointer, _ digest: OpaquePointer?) -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new(key, nil) else { return nil }
        guard EVP_PKEY_verify_init(context) == 1,
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1,
            EVP_PKEY_CTX_set_signature_md(context, digest) == 1
        else {
            EVP_PKEY_CTX_free(context)
            return nil
        }
        return context
    }

    /// Reads the DER of a PEM block with this label; nil when it is something else, or when bytes are left over.
    convenience init?(label: String, der: Bytes) {
        defer { ERR_clear_error() }
        var position = der.buffer.baseAddress
        guard let start = position, let key = Self.decode(label, &position, der.count) else { return nil }
        self.init(owning: key)
        guard position == start + der.count else { return nil }
    }

    private static func decode(
        _ label: String, _ position: inout UnsafePointer<UInt8>?, _ count: Int
    ) -> OpaquePointer? {
        switch label {
        case "PUBLIC KEY": return d2i_PUBKEY(nil, &position, count)
        case "RSA PUBLIC KEY": return d2i_PublicKey(EVP_PKEY_RSA, nil, &position, count)
        case "PRIVATE KEY", "RSA PRIVATE KEY": return d2i_AutoPrivateKey(nil, &position, count)
        case "CERTIFICATE":
            guard let certificate = d2i_X509(nil, &position, count) else { return nil }
            defer { X509_free(certificate) }
            return X509_get_pubkey(certificate)
        default: return nil
        }
    }

    /// Generates an RSA key.
    convenience init?(generatedBits bits: Int) {
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, CInt(bits)) == 1,
            EVP_PKEY_keygen(context, &key) == 1, let key
        else { return nil }
        self.init(owning: key)
    }

    /// Bits of the modulus.
    var bits: Int { Int(EVP_PKEY_get_bits(key)) }

    /// Largest modulus: a verification takes a quarter of a millisecond.
    private static let maximumBits = 8192

    /// Refuses what is not RSA, and sizes that are too weak or that would take long to verify with.
    func requireRSA(minimumBits: Int) throws(KeyError) {
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else { throw .notRSA }
        guard bits >= minimumBits, bits <= Self.maximumBits else {
            throw .modulusSize(bits: bits, minimum: minimumBits, maximum: Self.maximumBits)
        }
        let exponent = try number("e")
        guard exponent.count <= 4, let last = exponent.last, last & 1 == 1, exponent != [1] else { throw .exponent }
    }

    /// A parameter of the key, big-endian.
    func number(_ name: String) throws(KeyError) -> [UInt8] {
        defer { ERR_clear_error() }
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1 else { throw .libraryFailure }
        defer { BN_free(number) }
        return [UInt8](unsafeUninitializedCapacity: Int(BN_num_bits(number) + 7) / 8) { buffer, count in
            count = Int(BN_bn2bin(number, buffer.baseAddress))
        }
    }

    /// Whether `signature` is RSASSA-PKCS1-v1_5 of `message`.
    func verify(signature: Bytes, message: Bytes, digest: SignatureDigest) -> Bool {
        switch digest {
        case .sha1: SHA1.digest(message).withBytes { Self.verify(signature, of: $0, sha1Verification) }
        case .sha256: SHA256.digest(message).withBytes { Self.verify(signature, of: $0, sha256Verification) }
        }
    }

    private static func verify(_ signature: Bytes, of hash: Bytes, _ template: OpaquePointer?) -> Bool {
        guard let template, let context = EVP_PKEY_CTX_dup(template) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        let outcome = EVP_PKEY_verify(
            context, signature.buffer.baseAddress, signature.count, hash.buffer.baseAddress, hash.count)
        // Only 1 is a match: 0 and negative values are a mismatch and an error.
        if outcome != 1 { ERR_clear_error() }
        return outcome == 1
    }

    /// The RSASSA-PKCS1-v1_5 signature of `message`, nil when libcrypto fails.
    func sign(message: Bytes, digest: SignatureDigest) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, digest.algorithm, nil, key) == 1 else {
            ERR_clear_error()
            return nil
        }
        var length = Int(EVP_PKEY_get_size(key))
        var signed = false
        let signature = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            signed =
                EVP_DigestSign(
                    context, buffer.baseAddress, &length, message.buffer.baseAddress, message.count) == 1
            count = signed ? length : 0
        }
        guard signed else {
            ERR_clear_error()
            return nil
        }
        return signature
    }

    /// `PUBLIC KEY` PEM text.
    var publicPEM: [UInt8] { text { PEM_write_bio_PUBKEY($0, key) } }

    /// `PRIVATE KEY` (PKCS #8) PEM text.
    var privatePEM: [UInt8] { text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }

    /// What `write` writes; libcrypto wipes its buffer.
    private func text(_ write: (OpaquePointer?) -> CInt) -> [UInt8] {
        defer { ERR_clear_error() }
        guard let output = BIO_new(BIO_s_secmem()) else { return [] }
        defer { BIO_free(output) }
        guard write(output) == 1 else { return [] }
        var data: UnsafeMutablePointer<CChar>?
        let length = BIO_ctrl(output, BIO_CTRL_INFO, 0, &data)
        guard let data, length > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: data, count: length))
    }
}

extension SignatureDigest {
    fileprivate var algorithm: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        }
    }
}
