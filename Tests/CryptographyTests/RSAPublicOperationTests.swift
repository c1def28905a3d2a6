// The public operation and the comparison after it, beside libcrypto's own.

import CNative.OpenSSL
import Cryptography
import Testing
import Bytes

/// A key in libcrypto's hands, which signs whatever it is given.
private final class RawKey {
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

    /// RSAVP1 as libcrypto has it.
    func recover(_ signature: [UInt8]) -> [UInt8]? {
        raw(signature, EVP_PKEY_encrypt_init) { EVP_PKEY_encrypt($0, $1, &$2, $3, $3.count) }
    }

    /// libcrypto's verdict on a signature over this digest.
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

/// Big-endian numbers of a fixed size.
private func number(_ low: [UInt8], size: Int) -> [UInt8] { [UInt8](repeating: 0, count: size - low.count) + low }

private func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255) } }

@Suite struct RSAPublicOperationTests {
    /// Sizes that are no multiple of a byte or of a word too, and exponents of one, two and many bits.
    @Test(
        arguments: [
            (1024, 3), (1024, 65_537), (1031, 17), (1100, 65_539), (1536, 4_294_967_291), (2047, 3), (2048, 65_537),
            (2048, 5),
            (3072, 65_537),
        ] as [(Int, UInt)])
    func sameNumbersAsLibcrypto(bits: Int, exponent: UInt) throws {
        let key = try RawKey(bits: bits, exponent: exponent)
        let operation = try #require(RSAPublicOperation(modulus: key.modulus, exponent: key.exponent))
        let size = key.size
        #expect(operation.size == size)
        var less = key.modulus
        less[size - 1] -= 1
        var more = key.modulus
        more[size - 1] &+= 1
        var candidates = [
            number([0], size: size), number([1], size: size), number([2], size: size), less, key.modulus, more,
            [UInt8](repeating: 0xff, count: size), number([1] + [UInt8](repeating: 0, count: size / 2), size: size),
        ]
        // Numbers shorter than the modulus by words, and numbers whose low words are zero: libcrypto takes other paths there.
        for zeros in [1, 8, 9, 16, size / 2, size - 8, size - 1] {
            candidates.append(number(random(size - zeros), size: size))
            candidates.append([0] + random(size - zeros - 1) + [UInt8](repeating: 0, count: zeros))
        }
        for _ in 0..<200 { candidates.append(random(size)) }
        var inRange = 0
        for candidate in candidates {
            let ours = candidate.withBytes { operation.withEncodedMessage(of: $0) { $0.array } }
            let theirs = key.recover(candidate)
            #expect(ours == theirs)
            if ours != nil { inRange += 1 }
        }
        #expect(inRange > 20 && inRange < candidates.count)
        let otherSizes: [[UInt8]] = [[], [1], Array(less.dropLast()), [0] + less, less + [0]]
        for wrong in otherSizes {
            #expect(wrong.withBytes { operation.withEncodedMessage(of: $0) { _ in true } } == nil)
        }
    }

    @Test func numbersThatAreNoKey() {
        let odd = [UInt8](repeating: 0xc1, count: 128)
        #expect(RSAPublicOperation(modulus: odd, exponent: [1, 0, 1]) != nil)
        let moduli: [[UInt8]] = [[], [0], [UInt8](repeating: 0xc2, count: 128), [0] + odd]
        for modulus in moduli {
            #expect(RSAPublicOperation(modulus: modulus, exponent: [1, 0, 1]) == nil)
        }
        for exponent: [UInt8] in [[], [0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 3]] {
            #expect(RSAPublicOperation(modulus: odd, exponent: exponent) == nil)
        }
    }
}

/// Signatures that the key's owner really made, over an encoding that is almost the one of RFC 8017, 9.2. Verifiers that parse
/// what a signature holds have taken some of them for good.
@Suite struct EncodedMessageTests {
    private static let message = "message"

    private struct Digest {
        let algorithm: SignatureDigest
        let hash: [UInt8]
        /// DER of the object identifier.
        let identifier: [UInt8]
        let evp: OpaquePointer?

        static var sha1: Digest {
            Digest(
                algorithm: .sha1, hash: SHA1.digest(Bytes("message")).withBytes { $0.array },
                identifier: [0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a], evp: EVP_sha1())
        }
        static var sha256: Digest {
            Digest(
                algorithm: .sha256, hash: SHA256.digest(Bytes("message")).withBytes { $0.array },
                identifier: [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01], evp: EVP_sha256())
        }

        /// DigestInfo, with these parameters of the algorithm, and with more after the hash.
        func info(parameters: [UInt8] = [5, 0], tail: [UInt8] = []) -> [UInt8] {
            der(0x30, der(0x30, identifier + parameters) + der(4, hash) + tail)
        }
    }

    private static func der(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] { [tag, UInt8(contents.count)] + contents }

    private static func padded(
        _ info: [UInt8], size: Int, first: [UInt8] = [0, 1], fill: UInt8 = 0xff, end: [UInt8] = [0]
    ) -> [UInt8] {
        let padding = size - first.count - end.count - info.count
        return first + [UInt8](repeating: fill, count: padding) + end + info
    }

    private static func almost(_ digest: Digest, _ other: Digest, size: Int) -> [(String, [UInt8])] {
        let info = digest.info()
        var inner = padded(info, size: size)
        inner[size - info.count - 20] = 0xfe
        var early = padded(info, size: size)
        early[12] = 0
        var wrongOctets = info
        wrongOctets[info.count - digest.hash.count - 2] = 3
        let longForm = [0x30, 0x81] + info.dropFirst()
        return [
            ("no DigestInfo", padded(digest.hash, size: size)),
            ("no parameters", padded(digest.info(parameters: []), size: size)),
            ("parameters that are no NULL", padded(digest.info(parameters: [4, 0]), size: size)),
            ("a long NULL", padded(digest.info(parameters: [5, 2, 0, 0]), size: size)),
            ("more after the digest", padded(digest.info(tail: [5, 0]), size: size)),
            ("a length in the long form", padded(longForm, size: size)),
            ("a tag that is no OCTET STRING", padded(wrongOctets, size: size)),
            ("another algorithm's identifier", padded(other.info(), size: size)),
            ("its identifier, another's digest", padded(info.dropLast(digest.hash.count) + other.hash, size: size)),
            ("a digest cut short", padded(info.dropLast(), size: size)),
            ("a digest's last bit", padded(info.dropLast() + [info[info.count - 1] ^ 1], size: size)),
            ("garbage below", padded(info + [UInt8](repeating: 0x41, count: 40), size: size)),
            (
                "eight bytes of padding, garbage below",
                [0, 1] + [UInt8](repeating: 0xff, count: 8) + [0] + info
                    + [UInt8](repeating: 0, count: size - 11 - info.count)
            ),
            ("shorter padding, zeros before", padded(info, size: size, first: [0, 0, 1])),
            ("block type 0", padded(info, size: size, first: [0, 0], fill: 0)),
            ("block type 2", padded(info, size: size, first: [0, 2])),
            ("no padding at all", number(info, size: size)),
            ("another byte of padding", padded(info, size: size, fill: 0x7f)),
            ("one other byte in the padding", inner),
            ("a zero in the padding", early),
            ("no zero after the padding", padded(info, size: size, end: [0xff])),
            ("two zeros after the padding", padded(info, size: size, end: [0, 0])),
        ]
    }

    @Test(arguments: [(1024, 3), (1031, 65_537), (2048, 65_537), (3072, 17)] as [(Int, UInt)])
    func almostSignatures(bits: Int, exponent: UInt) throws {
        let raw = try RawKey(bits: bits, exponent: exponent)
        let key = try raw.publicKey
        for (digest, other) in [(Digest.sha1, Digest.sha256), (.sha256, .sha1)] {
            let right = try raw.sign(Self.padded(digest.info(), size: raw.size))
            #expect(key.verify(right, Self.message, digest.algorithm))
            #expect(raw.verifies(right, digest.hash, digest.evp))
            #expect(!key.verify(right, Self.message, other.algorithm))
            for (name, encoded) in Self.almost(digest, other, size: raw.size) {
                let signature = try raw.sign(encoded)
                #expect(raw.recover(signature) == encoded, "\(name)")
                #expect(!key.verify(signature, Self.message, digest.algorithm), "\(name)")
                #expect(!raw.verifies(signature, digest.hash, digest.evp), "\(name): libcrypto takes it")
            }
            // The same number, written with the modulus added to it.
            if let larger = Self.sum(right, raw.modulus) {
                #expect(!key.verify(larger, Self.message, digest.algorithm))
            }
        }
    }

    /// One bit of every byte of the encoding, one after the other.
    @Test(arguments: [(1024, 3), (1031, 65_537)] as [(Int, UInt)])
    func everyByteCounts(bits: Int, exponent: UInt) throws {
        let raw = try RawKey(bits: bits, exponent: exponent)
        let key = try raw.publicKey
        for digest in [Digest.sha1, .sha256] {
            let right = Self.padded(digest.info(), size: raw.size)
            for index in right.indices {
                var wrong = right
                wrong[index] ^= 1
                #expect(!key.verify(try raw.sign(wrong), Self.message, digest.algorithm), "byte \(index)")
            }
        }
    }

    /// The sum of two numbers of equal size, nil when it is longer than they are.
    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8]? {
        var total = left
        var carry = 0
        for index in left.indices.reversed() {
            carry += Int(left[index]) + Int(right[index])
            total[index] = UInt8(carry & 0xff)
            carry >>= 8
        }
        return carry == 0 ? total : nil
    }

    /// Signatures nobody made: below a key with the exponent 3, any number's cube root forges what begins well and ends in
    /// garbage (Bleichenbacher, CRYPTO 2006). The root is of: 00 01, ff eight times, 00, DigestInfo, then anything.
    @Test(arguments: [2048, 3072]) func cubeRoots(bits: Int) throws {
        let raw = try RawKey(bits: bits, exponent: 3)
        let key = try raw.publicKey
        for digest in [Digest.sha1, .sha256] {
            let head = [0, 1] + [UInt8](repeating: 0xff, count: 8) + [0] + digest.info()
            let forged = try Self.cubeRoot(head + [UInt8](repeating: 0xff, count: raw.size - head.count))
            #expect(raw.recover(forged)?.starts(with: head) == true, "the forgery is none")
            #expect(!key.verify(forged, Self.message, digest.algorithm))
        }
    }

    /// The largest number whose cube is not above this one, as long as it is.
    private static func cubeRoot(_ number: [UInt8]) throws -> [UInt8] {
        let context = try #require(BN_CTX_new())
        defer { BN_CTX_free(context) }
        BN_CTX_start(context)
        defer { BN_CTX_end(context) }
        let target = try #require(BN_CTX_get(context))
        let root = try #require(BN_CTX_get(context))
        let cube = try #require(BN_CTX_get(context))
        BN_bin2bn(number, CInt(number.count), target)
        for bit in stride(from: CInt(number.count * 8 / 3 + 1), through: 0, by: -1) {
            BN_set_bit(root, bit)
            BN_sqr(cube, root, context)
            BN_mul(cube, cube, root, context)
            if BN_cmp(cube, target) > 0 { BN_clear_bit(root, bit) }
        }
        var bytes = [UInt8](repeating: 0, count: number.count)
        BN_bn2binpad(root, &bytes, CInt(bytes.count))
        return bytes
    }
}
