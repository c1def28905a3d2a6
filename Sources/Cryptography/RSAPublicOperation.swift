// RSAVP1 (RFC 8017, 5.2.2): from a signature to the encoded message that its signer raised, on libcrypto's Montgomery numbers.
//
// With the exponent 65537 libcrypto's own verification takes a sixth longer: for each signature a context has to be made, it
// multiplies by one to begin with, and leaves Montgomery's form by a multiplication of its own. With exponents of many bits this
// takes up to 1.4 times as long instead; nobody has them. Everything here is public, so nothing need take constant time.

import CNative.OpenSSL
import Bytes

/// The public operation of one RSA key; can be used by several threads at once.
package final class RSAPublicOperation: @unchecked Sendable {
    // @unchecked Sendable: the numbers are never changed after init, and libcrypto only reads them.
    private let modulus: OpaquePointer
    private let montgomery: OpaquePointer
    private let exponent: UInt32

    /// Bytes of the modulus, and thus of each signature and each encoded message (`k` of RFC 8017).
    package let size: Int

    /// Nil when the modulus is even, which makes it none of RSA's, or begins with a zero byte; when the exponent is even, below 3
    /// or longer than 32 bits; or when there is no memory.
    /// - Parameters:
    ///   - modulus: Big-endian without leading zeros.
    ///   - exponent: Big-endian.
    package init?(modulus: [UInt8], exponent: [UInt8]) {
        guard let last = modulus.last, last & 1 == 1, modulus[0] != 0, exponent.count <= 4 else { return nil }
        self.exponent = exponent.reduce(0) { $0 << 8 | UInt32($1) }
        guard self.exponent >= 3, self.exponent & 1 == 1 else { return nil }
        size = modulus.count
        defer { ERR_clear_error() }
        guard let number = BN_bin2bn(modulus, CInt(modulus.count), nil) else { return nil }
        guard let montgomery = BN_MONT_CTX_new() else {
            BN_free(number)
            return nil
        }
        self.modulus = number
        self.montgomery = montgomery
        guard let context = BN_CTX_new() else { return nil }
        defer { BN_CTX_free(context) }
        guard BN_MONT_CTX_set(montgomery, number, context) == 1 else { return nil }
    }

    deinit {
        BN_MONT_CTX_free(montgomery)
        BN_free(modulus)
    }

    /// Calls `body` with the encoded message of `signature`: `size` bytes, valid during the call. Nil when the signature has
    /// another length, is no number below the modulus, or when there is no memory.
    package func withEncodedMessage<Result>(of signature: Bytes, _ body: (Bytes) -> Result) -> Result? {
        guard signature.count == size else { return nil }
        guard let context = BN_CTX_new() else {
            ERR_clear_error()
            return nil
        }
        defer { BN_CTX_free(context) }
        BN_CTX_start(context)
        defer { BN_CTX_end(context) }
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
            guard let representative = BN_CTX_get(context), let message = buffer.baseAddress,
                BN_bin2bn(signature.buffer.baseAddress, CInt(size), representative) != nil,
                BN_ucmp(representative, modulus) < 0,
                let power = raise(representative, context),
                BN_bn2binpad(power, message.assumingMemoryBound(to: UInt8.self), CInt(size)) == CInt(size)
            else {
                ERR_clear_error()
                return nil
            }
            return body(Bytes(UnsafeRawBufferPointer(start: message, count: size)))
        }
    }

    /// `number` to the power of the exponent: the binary method from the left, in Montgomery's form. The exponent is odd, so
    /// that its last step multiplies, and it does so by the number as it is, not by its form: that leaves the form.
    private func raise(_ number: OpaquePointer, _ context: OpaquePointer) -> OpaquePointer? {
        guard let factor = BN_CTX_get(context), let power = BN_CTX_get(context),
            BN_to_montgomery(factor, number, montgomery, context) == 1
        else { return nil }
        func multiply(_ left: OpaquePointer, _ right: OpaquePointer) -> Bool {
            BN_mod_mul_montgomery(power, left, right, montgomery, context) == 1
        }
        var bit = UInt32(1) << (31 - UInt32(exponent.leadingZeroBitCount))
        var square = factor
        while bit > 1 {
            bit >>= 1
            guard multiply(square, square) else { return nil }
            square = power
            if exponent & bit != 0 {
                guard multiply(power, bit == 1 ? number : factor) else { return nil }
            }
        }
        return power
    }
}
