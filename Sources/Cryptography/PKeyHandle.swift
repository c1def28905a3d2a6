// libcrypto's EVP_PKEY: the one file that knows it. Owns the key and frees it (libcrypto wipes private parts).
//
// Every failure leaves libcrypto's thread-local error queue empty: a stale entry would be taken for another call's.

import CNative.OpenSSL
import Bytes

/// An EVP_PKEY.
final class PKeyHandle {
    private let key: OpaquePointer

    private init(owning key: OpaquePointer) {
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

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

    /// Largest modulus: a verification takes 0.16 ms, with the worst of exponents 0.65.
    private static let maximumBits = 8192
    /// Smallest modulus, whatever is asked for: an encoded digest and its padding have room in it.
    private static let leastBits = 512

    /// Refuses what is not RSA, and sizes that are too weak or that would take long to verify with.
    func requireRSA(minimumBits: Int) throws(KeyError) {
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else { throw .notRSA }
        let minimumBits = max(minimumBits, Self.leastBits)
        guard bits >= minimumBits, bits <= Self.maximumBits else {
            throw .modulusSize(bits: bits, minimum: minimumBits, maximum: Self.maximumBits)
        }
        guard let last = try number("n").last, last & 1 == 1 else { throw .modulus }
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
