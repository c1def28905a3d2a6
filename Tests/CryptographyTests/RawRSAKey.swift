// RSA below the level of signatures.

import CNative.OpenSSL
import Cryptography
import Testing
import Bytes

/// An RSA key used through libcrypto alone: it signs any bytes, and is what our verdicts are compared with.
final class RawKey {
    let key: OpaquePointer
    let modulus: [UInt8]
    let exponent: [UInt8]
    var size: Int { modulus.count }

    init(bits: Int, exponent: UInt) throws {
        let context = try #require(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil))
        defer { EVP_PKEY_CTX_free(context) }
        let number = try #require(BN_new())
        defer { BN_free(number) }
        BN_set_word(number, exponent)
        try #require(EVP_PKEY_keygen_init(context) == 1)
        try #require(EVP_PKEY_CTX_set_rsa_keygen_bits(context, CInt(bits)) == 1)
        try #require(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, number) == 1)
        var generated: OpaquePointer?
        try #require(EVP_PKEY_keygen(context, &generated) == 1)
        let key = try #require(generated)
        func parameter(_ name: String) throws -> [UInt8] {
            var number: OpaquePointer?
            try #require(EVP_PKEY_get_bn_param(key, name, &number) == 1)
            defer { BN_free(number) }
            var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
            BN_bn2bin(number, &bytes)
            return bytes
        }
        self.key = key
        modulus = try parameter("n")
        self.exponent = try parameter("e")
    }

    deinit { EVP_PKEY_free(key) }

    var publicKey: RSAPublicKey {
        get throws { try CryptographyTests.publicKey(publicPEM(modulus: modulus, exponent: exponent)) }
    }

    private typealias Call = (OpaquePointer, UnsafeMutablePointer<UInt8>, inout Int, [UInt8]) -> CInt

    private func raw(_ input: [UInt8], _ begin: (OpaquePointer) -> CInt, _ call: Call) -> [UInt8]? {
        let context = EVP_PKEY_CTX_new(key, nil)!
        defer {
            EVP_PKEY_CTX_free(context)
            ERR_clear_error()
        }
        var output = [UInt8](repeating: 0, count: size)
        var count = size
        guard begin(context) == 1, EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1,
            call(context, &output, &count, input) == 1
        else { return nil }
        return Array(output[..<count])
    }

    /// RSASP1 (RFC 8017, 5.2.1): a signature that holds exactly this.
    func sign(_ encoded: [UInt8]) throws -> [UInt8] {
        try #require(raw(encoded, EVP_PKEY_sign_init) { EVP_PKEY_sign($0, $1, &$2, $3, $3.count) })
    }

    /// RSAVP1 (RFC 8017, 5.2.2): what a signature holds. Nil when it is not below the modulus.
    func recover(_ signature: [UInt8]) -> [UInt8]? {
        raw(signature, EVP_PKEY_encrypt_init) { EVP_PKEY_encrypt($0, $1, &$2, $3, $3.count) }
    }

    /// libcrypto's own verdict on a signature over this digest.
    func verifies(_ signature: [UInt8], _ hash: [UInt8], _ algorithm: OpaquePointer?) -> Bool {
        let context = EVP_PKEY_CTX_new(key, nil)!
        defer {
            EVP_PKEY_CTX_free(context)
            ERR_clear_error()
        }
        return EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
            && EVP_PKEY_CTX_set_signature_md(context, algorithm) == 1
            && EVP_PKEY_verify(context, signature, signature.count, hash, hash.count) == 1
    }
}
