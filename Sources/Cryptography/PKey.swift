// libcrypto's EVP_PKEY and EVP_PKEY_CTX: the only file that sees them.
//
// A failed call leaves libcrypto's error queue of the thread empty, so that no later call takes an old entry for its own.

import CNative.OpenSSL
import Bytes

/// A public or private key in libcrypto's memory. libcrypto wipes the private part when the key is freed.
final class PKey: @unchecked Sendable {
    // @unchecked Sendable: the key is never changed after init. libcrypto counts its references atomically, and locks what it
    // caches beside an RSA key (Montgomery forms, a blinding for each thread).
    private let key: OpaquePointer

    private init(owning key: OpaquePointer) {
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// What a key can be used for here.
    enum Kind {
        /// RSA without restrictions; RSASSA-PSS keys are not among them.
        case rsa
        /// ECDSA on the named curve P-256 (RFC 5480, 2.1.1.1).
        case p256
        /// Another algorithm, another curve, or a curve that is spelled out.
        case other
    }

    /// The kind of the key.
    var kind: Kind {
        defer { ERR_clear_error() }
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return .rsa
        case EVP_PKEY_EC: return isOnNamedP256 ? .p256 : .other
        default: return .other
        }
    }

    private var isOnNamedP256: Bool {
        var name = [CChar](repeating: 0, count: 32)
        var count = 0
        var isExplicit: CInt = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1,
            EVP_PKEY_get_int_param(key, "decoded-from-explicit", &isExplicit) == 1, isExplicit == 0
        else { return false }
        return OBJ_sn2nid(name) == NID_X9_62_prime256v1
    }

    /// Bits of the modulus, or of the curve's order.
    var bits: Int { Int(EVP_PKEY_get_bits(key)) }

    /// A parameter of the key by libcrypto's name, big-endian without leading zeros.
    /// - Throws: `KeyError.libraryFailure` when the key has no such parameter.
    func number(_ name: String) throws(KeyError) -> [UInt8] {
        defer { ERR_clear_error() }
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1 else { throw .libraryFailure }
        defer { BN_free(number) }
        return [UInt8](unsafeUninitializedCapacity: Int(BN_num_bits(number) + 7) / 8) { buffer, count in
            count = Int(BN_bn2bin(number, buffer.baseAddress))
        }
    }

    /// Whether the public part is a valid one: for P-256 a point on the curve that is not the point at infinity.
    var hasValidPublicPart: Bool {
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new(key, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_public_check(context) == 1
    }
}

// MARK: - Reading, making and writing keys

extension PKey {
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
        case "CERTIFICATE":
            guard let certificate = d2i_X509(nil, &position, count) else { return nil }
            defer { X509_free(certificate) }
            return X509_get_pubkey(certificate)
        default: return label.hasSuffix("PRIVATE KEY") ? d2i_AutoPrivateKey(nil, &position, count) : nil
        }
    }

    /// A new RSA key; nil when libcrypto fails.
    static func generateRSA(bits: Int) -> PKey? {
        generate(EVP_PKEY_RSA) { EVP_PKEY_CTX_set_rsa_keygen_bits($0, CInt(bits)) }
    }

    /// A new P-256 key; nil when libcrypto fails.
    static func generateP256() -> PKey? {
        generate(EVP_PKEY_EC) { EVP_PKEY_CTX_set_ec_paramgen_curve_nid($0, NID_X9_62_prime256v1) }
    }

    private static func generate(_ type: CInt, _ prepare: (OpaquePointer) -> CInt) -> PKey? {
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new_id(type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, prepare(context) == 1, EVP_PKEY_keygen(context, &key) == 1
        else { return nil }
        return key.map { PKey(owning: $0) }
    }

    /// `PUBLIC KEY` PEM text.
    var publicPEM: [UInt8] { text { PEM_write_bio_PUBKEY($0, key) } }

    /// `PRIVATE KEY` (PKCS #8) PEM text, not encrypted.
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

// MARK: - Signing and verifying

extension PKey {
    /// The signature of `message` as libcrypto makes it: RSASSA-PKCS1-v1_5, or ECDSA in DER. Nil when libcrypto fails.
    func sign(message: Bytes, digest: SignatureDigest) -> [UInt8]? {
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, digest.algorithm, nil, key) == 1 else { return nil }
        var length = Int(EVP_PKEY_get_size(key))
        var signed = false
        let signature = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            signed =
                EVP_DigestSign(
                    context, buffer.baseAddress, &length, message.buffer.baseAddress, message.count) == 1
            count = signed ? length : 0
        }
        return signed ? signature : nil
    }

    /// What verifies the key's signatures. For RSA its padding is that of RSASSA-PKCS1-v1_5.
    /// - Throws: `KeyError.libraryFailure`.
    func makeVerifier() throws(KeyError) -> Verifier {
        guard let verifier = Verifier(key, hasPadding: kind == .rsa) else { throw .libraryFailure }
        return verifier
    }

    /// An EVP_PKEY_CTX that is prepared once for all verifications with a key.
    ///
    /// To prepare a context takes a quarter as long as to verify an RSA signature; to duplicate a prepared one takes next to
    /// nothing (0.1 of 20 µs).
    final class Verifier: @unchecked Sendable {
        // @unchecked Sendable: the prepared context is never changed after init. It is only duplicated, by a call that takes it as
        // const; each verification has a duplicate for itself.
        private let prepared: OpaquePointer

        fileprivate init?(_ key: OpaquePointer, hasPadding: Bool) {
            defer { ERR_clear_error() }
            guard let context = EVP_PKEY_CTX_new(key, nil) else { return nil }
            prepared = context
            guard EVP_PKEY_verify_init(context) == 1,
                !hasPadding || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
            else { return nil }
        }

        deinit { EVP_PKEY_CTX_free(prepared) }

        /// Whether `signature` is the key's over exactly `content`, which is what the signature's scheme makes of a message: the
        /// DigestInfo for RSA, the digest for ECDSA. False when libcrypto fails.
        func verify(_ signature: Bytes, of content: Bytes) -> Bool {
            guard let context = EVP_PKEY_CTX_dup(prepared) else {
                ERR_clear_error()
                return false
            }
            defer { EVP_PKEY_CTX_free(context) }
            let result = EVP_PKEY_verify(
                context, signature.buffer.baseAddress, signature.count, content.buffer.baseAddress, content.count)
            // 1 is a valid signature, 0 another one, and what is below is a failure.
            guard result == 1 else {
                ERR_clear_error()
                return false
            }
            return true
        }
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
