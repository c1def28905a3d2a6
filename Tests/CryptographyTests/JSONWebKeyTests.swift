// The published form of keys: the RFCs' own examples, and what a verifier reads.

import Cryptography
import Testing
import Bytes

@Suite struct JSONWebKeyTests {
    /// RFC 7638, 3.1.
    @Test func thumbprintOfAnRSAKey() throws {
        let modulus =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
            + "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg"
            + "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBni"
            + "Iqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        let key = try verificationKey(publicPEM(modulus: base64(modulus), exponent: [1, 0, 1])).webKey
        #expect(key.keyID == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(
            key.json == [
                "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "alg": "RS256", "use": "sig", "e": "AQAB",
                "kty": "RSA", "n": .string(modulus),
            ])
    }

    /// The key of RFC 7517, A.1; its thumbprint was made with Python's hashlib by RFC 7638, 3.2.
    @Test func thumbprintOfAP256Key() throws {
        let (x, y) = ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")
        let key = try verificationKey(publicPEM(point: [4] + base64(x) + base64(y))).webKey
        #expect(key.keyID == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s")
        #expect(
            key.json == [
                "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s", "alg": "ES256", "use": "sig", "crv": "P-256",
                "kty": "EC", "x": .string(x), "y": .string(y),
            ])
    }

    /// RFC 7518, 6.2.1.2: a coordinate has 32 bytes even if it begins with zeros.
    @Test func coordinatesKeepTheirZeros() throws {
        var found = false
        for _ in 0..<5000 where !found {
            let members = try SigningKey.generate(.es256).publicKey.webKey.json
            let coordinates = try [members["x"], members["y"]].map { base64(try #require($0?.stringValue)) }
            #expect(coordinates.allSatisfy { $0.count == 32 })
            found = coordinates.contains { $0[0] == 0 }
        }
        #expect(found)
    }

    @Test func set() throws {
        let keys = try [TestKeys.spki, TestKeys.ecPublic].map { try verificationKey($0).webKey }
        #expect(JSONWebKey.set(keys) == ["keys": .array(keys.map(\.json))])
        #expect("\(JSONWebKey.set([]))" == "{\"keys\":[]}")
    }

    /// The same key has the same id, whichever form it is read from. Exponents of all lengths are written without padding.
    @Test func sameKeySameID() throws {
        for forms in [
            [TestKeys.spki, TestKeys.pkcs1Public, TestKeys.certificate],
            [
                TestKeys.p256Certificate,
                String(decoding: try signingKey(TestKeys.p256WithParameters).publicKey.pem, as: UTF8.self),
            ],
        ] {
            #expect(Set(try forms.map { try verificationKey($0).keyID }).count == 1)
        }
        let modulus = base64(RSAVerificationTests.rfc7515Modulus)
        let exponents: [String: [UInt8]] = ["Aw": [3], "AQE": [1, 1], "____-w": [0xff, 0xff, 0xff, 0xfb]]
        for (text, exponent) in exponents {
            let key = try verificationKey(publicPEM(modulus: modulus, exponent: exponent))
            #expect(key.webKey.json["e"]?.stringValue == text)
        }
    }
}
