// Digests against the examples of FIPS 180 and NIST, HMAC-SHA1 against RFC 2202 and the examples of OAuth itself.

import Cryptography
import Foundation
import Testing
import Bytes

@Suite struct DigestTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
    func sha1(message: String, digest: String) {
        let value = Array(message.utf8).withBytes { SHA1.digest($0) }
        #expect(value.hexadecimal == Array(digest.utf8))
        #expect(value.withBytes { $0.array } == hex(digest))
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func sha256(message: String, digest: String) {
        let value = Array(message.utf8).withBytes { SHA256.digest($0) }
        #expect(value.hexadecimal == Array(digest.utf8))
        #expect(value.withBytes { $0.array } == hex(digest))
    }

    @Test func digestsAreValues() {
        let first = SHA256.digest(Bytes("one"))
        #expect(Set([first, SHA256.digest(Bytes("one")), SHA256.digest(Bytes("two"))]).count == 2)
        let short = SHA1.digest(Bytes("one"))
        #expect(Set([short, SHA1.digest(Bytes("one")), SHA1.digest(Bytes("two"))]).count == 2)
    }

    @Test func comparison() {
        #expect(constantTimeEqual(Bytes("secret"), Bytes("secret")))
        #expect(constantTimeEqual(.empty, Bytes("")))
        #expect(!constantTimeEqual(Bytes("secret"), Bytes("secreT")))
        #expect(!constantTimeEqual(Bytes("secret"), Bytes("Secret")))
        #expect(!constantTimeEqual(Bytes("secret"), Bytes("secrets")))
        #expect(!constantTimeEqual(Bytes("secret"), .empty))
    }

    @Test func randomness() {
        let samples = (0..<100).map { _ in SecureRandom.bytes(16) }
        #expect(Set(samples).count == 100)
        // 1,600 random bytes that miss more than half of all values would be no accident.
        #expect(Set(samples.joined()).count > 128)
        #expect(SecureRandom.bytes(0).isEmpty)
    }
}

@Suite struct HMACSHA1Tests {
    /// Key, message and code of RFC 2202, section 3.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b617318655057264e28bc0b6fb378c8ef146be00"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xcd, count: 50),
            "4c9007f4026250c6bc8414f9bf50c86c2d7235da"
        ),
        (
            [UInt8](repeating: 0x0c, count: 20), Array("Test With Truncation".utf8),
            "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"
        ),
        (
            [UInt8](repeating: 0xaa, count: 80), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        ),
        (
            [UInt8](repeating: 0xaa, count: 80),
            Array("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data".utf8),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"
        ),
    ])
    func rfc2202(key: [UInt8], message: [UInt8], code: String) {
        let prepared = key.withBytes { HMACSHA1Key(key: $0) }
        for _ in 0..<2 {
            #expect(message.withBytes { prepared.authenticate($0) }.hexadecimal == Array(code.utf8))
        }
    }

    /// Keys around the block size, computed with Python's `hmac`.
    @Test(arguments: [
        (0, "d5d1ed05121417247616cfc8378f360a39da7cfa"),
        (63, "39ad604614b97f146ed3d8d669ff2ac1bd42a9c0"),
        (64, "0a0b7a314b101739c3557f6b5e1dd6ab55658970"),
        (65, "9e8b701143a82cdc059a72a86230df264354cdb0"),
    ])
    func aroundTheBlockSize(length: Int, code: String) throws {
        let key = [UInt8](repeating: 0x6b, count: length)
        let prepared = key.withBytes { HMACSHA1Key(key: $0) }
        #expect(hex(prepared.authenticate(Bytes("message")).withBytes { $0.array }) == code)
    }

    /// OAuth Core 1.0a appendix A.5, RFC 5849 section 1.2, and its section 3.1 as corrected by erratum 2550.
    @Test(arguments: [
        (
            "kd94hf93k423kf44&pfkkdhi9sl3r4s00",
            "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03"
                + "%26oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096"
                + "%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal",
            "tR3+Ty81lMeYAr/Fid0kMTYa/WM="
        ),
        (
            "kd94hf93k423kf44&pfkkdhi9sl3r4s00",
            "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03"
                + "%26oauth_nonce%3DchapoH%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131202"
                + "%26oauth_token%3Dnnch734d00sl2jdk%26size%3Doriginal",
            "MdpQcU8iPSUjWoN/UDMsK2sui9I="
        ),
        (
            "j49sk3j29djd&dh893hdasih9",
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540"
                + "%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
                + "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
            "r6/TJjbCOr97/+UU0NsvSne7s5g="
        ),
    ])
    func oauth(key: String, baseString: String, signature: String) {
        let prepared = Array(key.utf8).withBytes { HMACSHA1Key(key: $0) }
        let code = Array(baseString.utf8).withBytes { prepared.authenticate($0) }
        #expect(code.withBytes { $0.array } == base64(signature))
    }

    @Test func writesTwentyBytesOnly() {
        let prepared = HMACSHA1Key(key: Bytes("Jefe"))
        var buffer = [UInt8](repeating: 0x55, count: 24)
        buffer.withUnsafeMutableBytes { prepared.authenticate(Bytes("what do ya want for nothing?"), into: $0) }
        #expect(hex(buffer) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c7955555555")
    }

    /// MediaWiki's real consumer secret: hex(HMAC-SHA1(key: the wiki's secret, message: the stored one)); computed with Python.
    @Test func derivedSecretOfAnEmptyOne() {
        let code = HMACSHA1Key(key: Bytes("key")).authenticate(.empty)
        #expect(code.hexadecimal == Array("f42bb0eeb018ebbd4597ae7213711ec60760843f".utf8))
    }
}
