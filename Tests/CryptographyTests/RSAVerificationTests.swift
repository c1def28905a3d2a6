// RSA signatures: published and recorded ones, and those with something changed.

import Cryptography
import Testing
import Bytes

@Suite struct RSAVerificationTests {
    /// RFC 7515, appendix A.2.
    static let rfc7515Modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF"
        + "d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo"
        + "7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM"
        + "Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    static let rfc7515Message =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        + "Ijp0cnVlfQ"
    static let rfc7515Signature = base64(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
            + "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN"
            + "9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5A"
            + "XLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")

    static func rfc7515Key() throws -> RSAPublicKey {
        try publicKey(publicPEM(modulus: base64(rfc7515Modulus), exponent: [1, 0, 1]))
    }

    @Test func rfc7515() throws {
        let key = try Self.rfc7515Key()
        #expect(key.modulusBits == 2048)
        #expect(key.verify(Self.rfc7515Signature, Self.rfc7515Message, .sha256))
        #expect(!key.verify(Self.rfc7515Signature, Self.rfc7515Message, .sha1))
        #expect(!key.verify(Self.rfc7515Signature, Self.rfc7515Message + "A", .sha256))
        #expect(!key.verify(Self.rfc7515Signature, "", .sha256))
    }

    /// What MediaWiki accepted of its RSA-SHA1 consumers, whose keys are a public key, a certificate, and one of 1024 bits.
    @Test(arguments: [
        (
            Sample("recordedPublic", TestKeys.recordedPublic),
            "4d18862e3b7c675e82242e2a4559d18b", "0cdd59f634dc312c71dc68895aa35569",
            "a07d9528615176d26b9995db178c263f",
            "KQ+VPPmbnclmqNLAWkkiC55i6hjm0T/j4UGPVu/bXNUrZYm9/OLYNlx3jcFmxfXuW7UTfkVwm4Gm+uKHQXHJxxDe/lIE4lkDO8NckYj4"
                + "MPHuR0lNrMtv8gCSLGLRKpvLBEI05FA7jeHJB67JDYIslY/6HkP3Zvez+xwuXueOOwO1aHNQI0rpat+14W8NmoerVQbriZcj"
                + "NhpSs4+YkvGvWRMokYklazWERQ7ca3ZV/1N6gInEjMVEB6ju/muMndU1qVk0kinP15+ykruLtRd8mlYJVgqzOTu6gxnRHUpz"
                + "Si+N1mhQlnDb1JEvv7ozOyvrDlbi2m+Mae0OND+BsxgWHQ=="
        ),
        (
            Sample("recordedCertificate", TestKeys.recordedCertificate),
            "4d18862e3b7c675e82242e2a4559d18b", "0cdd59f634dc312c71dc68895aa35569",
            "a07d9528615176d26b9995db178c263f",
            "KQ+VPPmbnclmqNLAWkkiC55i6hjm0T/j4UGPVu/bXNUrZYm9/OLYNlx3jcFmxfXuW7UTfkVwm4Gm+uKHQXHJxxDe/lIE4lkDO8NckYj4"
                + "MPHuR0lNrMtv8gCSLGLRKpvLBEI05FA7jeHJB67JDYIslY/6HkP3Zvez+xwuXueOOwO1aHNQI0rpat+14W8NmoerVQbriZcj"
                + "NhpSs4+YkvGvWRMokYklazWERQ7ca3ZV/1N6gInEjMVEB6ju/muMndU1qVk0kinP15+ykruLtRd8mlYJVgqzOTu6gxnRHUpz"
                + "Si+N1mhQlnDb1JEvv7ozOyvrDlbi2m+Mae0OND+BsxgWHQ=="
        ),
        (
            Sample("recorded1024", TestKeys.recorded1024),
            "6613918261c6f7f64013b14d00366c40", "4df13892115cda741ac8a43ee317c8ff",
            "8e4bcd795a9e6dd8e5a07ccd683f9a71",
            "HXnjdmeoG6q20kXXvAX7l315Y4ZrBHU/dsSR1FyT/80JoO1B5pAa7Y+yKB5sG4e3oqhgfWlByfhAzjXhoCAziSEs75rhCz4uRTTAC9A4"
                + "0LKgAyOZOIOo6p8gfmVPm6+e6/vJ5zUZYG4ANkXbCI0cPSfwIpX2MAcf06PjdgmoQs0="
        ),
    ])
    func recorded(key sample: Sample, consumer: String, token: String, nonce: String, signature: String) throws {
        let baseString =
            "GET&https%3A%2F%2Fwiki.test%2Fw%2Fapi.php&action%3Dquery%26format%3Djson%26meta%3Duserinfo"
            + "%26oauth_consumer_key%3D\(consumer)%26oauth_nonce%3D\(nonce)%26oauth_signature_method%3DRSA-SHA1"
            + "%26oauth_timestamp%3D1772366400%26oauth_token%3D\(token)%26oauth_version%3D1.0"
        let key = try publicKey(sample.pem)
        #expect(key.verify(base64(signature), baseString, .sha1))
        #expect(!key.verify(base64(signature), baseString, .sha256))
        #expect(!key.verify(base64(signature), baseString.replacing("meta", with: "Meta"), .sha1))
    }

    @Test func everyFlippedByteIsNoticed() throws {
        let key = try Self.rfc7515Key()
        for index in Self.rfc7515Signature.indices {
            var signature = Self.rfc7515Signature
            signature[index] ^= 0x20
            #expect(!key.verify(signature, Self.rfc7515Message, .sha256), "byte \(index)")
        }
    }

    @Test func otherLengthsAreRefused() throws {
        let key = try Self.rfc7515Key()
        let signature = Self.rfc7515Signature
        let wrong = [
            [], [0], Array(signature.dropLast()), Array(signature.dropFirst()), signature + [0], [0] + signature,
            signature + signature, [UInt8](repeating: 0, count: 256), [UInt8](repeating: 0xff, count: 256),
            [UInt8](repeating: 0, count: 100_000), base64(Self.rfc7515Modulus),
        ]
        for candidate in wrong {
            #expect(!key.verify(candidate, Self.rfc7515Message, .sha256), "\(candidate.count) bytes")
            #expect(!key.verify(candidate, Self.rfc7515Message, .sha1), "\(candidate.count) bytes")
        }
        // A failure leaves no entry in libcrypto's error queue that a later call would take for its own.
        #expect(key.verify(signature, Self.rfc7515Message, .sha256))
    }

    @Test func anotherKey() throws {
        let signature = try privateKey(TestKeys.pkcs8).sign("message", .sha256)
        #expect(try publicKey(TestKeys.spki).verify(signature, "message", .sha256))
        #expect(!(try publicKey(TestKeys.recordedPublic).verify(signature, "message", .sha256)))
        #expect(!(try publicKey(TestKeys.recorded1024).verify(signature, "message", .sha256)))
    }
}
