// RSASSA-PKCS1-v1_5 signatures that are almost right, beside libcrypto's own verdict on them.

import CNative.OpenSSL
import Cryptography
import Testing
import Bytes

/// Big-endian numbers of a fixed size.
private func number(_ low: [UInt8], size: Int) -> [UInt8] { [UInt8](repeating: 0, count: size - low.count) + low }

private func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255) } }

private struct Digest {
    static let message = "message"

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
    func info(parameters: [UInt8] = [5, 0], hash: [UInt8]? = nil, tail: [UInt8] = []) -> [UInt8] {
        der(0x30, der(0x30, identifier + parameters) + der(4, hash ?? self.hash) + tail)
    }
}

private func der(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] { [tag, UInt8(contents.count)] + contents }

/// EMSA-PKCS1-v1_5 (RFC 8017, 9.2), or with other parts than it has.
private func padded(
    _ info: [UInt8], size: Int, first: [UInt8] = [0, 1], fill: UInt8 = 0xff, end: [UInt8] = [0]
) -> [UInt8] {
    let padding = size - first.count - end.count - info.count
    return first + [UInt8](repeating: fill, count: padding) + end + info
}

/// Whole signatures of keys of all sizes: those that libcrypto makes are accepted, and nothing else is.
@Suite struct RSASizeTests {
    /// Sizes that are not a multiple of a byte or of a word too, and exponents of one, two and many bits.
    @Test(
        arguments: [
            (1024, 3), (1024, 65_537), (1031, 17), (1100, 65_539), (1536, 4_294_967_291), (2047, 3), (2048, 65_537),
            (3072, 65_537),
        ] as [(Int, UInt)])
    func signaturesOfAllSizes(bits: Int, exponent: UInt) throws {
        let raw = try RawKey(bits: bits, exponent: exponent)
        let key = try raw.publicKey
        for digest in [Digest.sha1, .sha256] {
            let signature = try raw.sign(padded(digest.info(), size: raw.size))
            #expect(key.verify(signature, Digest.message, digest.algorithm))
            for wrong in Self.wrong(signature, modulus: raw.modulus) {
                #expect(!key.verify(wrong, Digest.message, digest.algorithm), "\(wrong.count) bytes")
                #expect(!raw.verifies(wrong, digest.hash, digest.evp))
            }
        }
    }

    private static func wrong(_ signature: [UInt8], modulus: [UInt8]) -> [[UInt8]] {
        let size = modulus.count
        var less = modulus
        less[size - 1] -= 1
        let numbers = [number([0], size: size), number([1], size: size), number([2], size: size), less, modulus]
        let others = [[], Array(signature.dropLast()), [0] + signature, signature + [0], signature + signature]
        return numbers + others + [[UInt8](repeating: 0xff, count: size)] + (0..<50).map { _ in random(size) }
    }

    /// A signature below the modulus by a byte or more begins with a zero, and has to: RFC 8017, 8.2.2, step 1. libcrypto's raw
    /// operation takes it without, so that one signature would have two spellings.
    @Test func leadingZerosAreNotOptional() throws {
        let raw = try RawKey(bits: 1024, exponent: 65_537)
        let key = try raw.publicKey
        for number in 0..<20_000 {
            let message = "message \(number)"
            let hash = Array(message.utf8).withBytes { SHA256.digest($0) }.withBytes { $0.array }
            let signature = try raw.sign(
                padded(Digest.sha256.info(hash: hash), size: raw.size))
            guard signature[0] == 0 else { continue }
            #expect(key.verify(signature, message, .sha256))
            #expect(!key.verify(Array(signature.dropFirst()), message, .sha256))
            #expect(!key.verify([0] + signature, message, .sha256))
            return
        }
        Issue.record("no signature begins with a zero")
    }
}

/// Signatures that the key's owner really made, over an encoding that is almost the one of RFC 8017, 9.2. Verifiers that parse
/// what a signature holds have accepted some of them.
@Suite struct EncodedMessageTests {
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
            ("parameters other than NULL", padded(digest.info(parameters: [4, 0]), size: size)),
            ("a long NULL", padded(digest.info(parameters: [5, 2, 0, 0]), size: size)),
            ("more after the digest", padded(digest.info(tail: [5, 0]), size: size)),
            ("a length in the long form", padded(longForm, size: size)),
            ("a tag other than OCTET STRING", padded(wrongOctets, size: size)),
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
            let right = try raw.sign(padded(digest.info(), size: raw.size))
            #expect(key.verify(right, Digest.message, digest.algorithm))
            #expect(raw.verifies(right, digest.hash, digest.evp))
            #expect(!key.verify(right, Digest.message, other.algorithm))
            for (name, encoded) in Self.almost(digest, other, size: raw.size) {
                let signature = try raw.sign(encoded)
                #expect(raw.recover(signature) == encoded, "\(name)")
                #expect(!key.verify(signature, Digest.message, digest.algorithm), "\(name)")
                #expect(!raw.verifies(signature, digest.hash, digest.evp), "\(name): libcrypto takes it")
            }
            // The same number, written with the modulus added to it.
            if let larger = Self.sum(right, raw.modulus) {
                #expect(!key.verify(larger, Digest.message, digest.algorithm))
            }
        }
    }

    /// One bit of every byte of the encoding, one after the other.
    @Test(arguments: [(1024, 3), (1031, 65_537)] as [(Int, UInt)])
    func everyByteCounts(bits: Int, exponent: UInt) throws {
        let raw = try RawKey(bits: bits, exponent: exponent)
        let key = try raw.publicKey
        for digest in [Digest.sha1, .sha256] {
            let right = padded(digest.info(), size: raw.size)
            for index in right.indices {
                var wrong = right
                wrong[index] ^= 1
                #expect(!key.verify(try raw.sign(wrong), Digest.message, digest.algorithm), "byte \(index)")
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

    /// Signatures made without the private key: for a key with the exponent 3, any number's cube root forges what begins well and ends in
    /// garbage (Bleichenbacher, CRYPTO 2006). The root is of: 00 01, ff eight times, 00, DigestInfo, then anything.
    @Test(arguments: [2048, 3072]) func cubeRoots(bits: Int) throws {
        let raw = try RawKey(bits: bits, exponent: 3)
        let key = try raw.publicKey
        for digest in [Digest.sha1, .sha256] {
            let head = [0, 1] + [UInt8](repeating: 0xff, count: 8) + [0] + digest.info()
            let forged = try Self.cubeRoot(head + [UInt8](repeating: 0xff, count: raw.size - head.count))
            #expect(raw.recover(forged)?.starts(with: head) == true, "the forgery does not begin as it should")
            #expect(!key.verify(forged, Digest.message, digest.algorithm))
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
