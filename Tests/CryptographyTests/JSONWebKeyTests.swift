// The published form of keys: RFC 7638's own example, and what a verifier reads.

import Cryptography
import Foundation
import Testing
import Bytes

@Suite struct JSONWebKeyTests {
    /// RFC 7638, section 3.1.
    @Test func thumbprint() throws {
        let modulus =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
            + "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg"
            + "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBni"
            + "Iqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        let key = JSONWebKey(try publicKey(publicPEM(modulus: base64(modulus), exponent: [1, 0, 1])))
        #expect(key.keyID == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(key.modulus == modulus)
        #expect(key.exponent == "AQAB")
    }

    @Test func json() throws {
        let key = JSONWebKey(try RSAVerificationTests.rfc7515Key())
        let members = try JSONDecoder().decode([String: String].self, from: Data(key.json.utf8))
        #expect(
            members == [
                "kty": "RSA", "alg": "RS256", "use": "sig", "kid": key.keyID, "e": "AQAB",
                "n": RSAVerificationTests.rfc7515Modulus,
            ])
    }

    @Test func set() throws {
        let keys = [
            JSONWebKey(try RSAVerificationTests.rfc7515Key()), JSONWebKey(try publicKey(TestKeys.recorded1024)),
        ]
        let set = try JSONDecoder().decode([String: [[String: String]]].self, from: Data(JSONWebKey.set(keys).utf8))
        #expect(set["keys"]?.map { $0["kid"] } == keys.map(\.keyID))
        #expect(JSONWebKey.set([]) == "{\"keys\":[]}")
    }

    /// The same key has the same id in whatever form it is read; exponents of all lengths are written without padding.
    @Test func sameKeySameID() throws {
        let forms = [TestKeys.spki, TestKeys.pkcs1Public, TestKeys.certificate]
        #expect(Set(try forms.map { JSONWebKey(try publicKey($0)).keyID }).count == 1)
        let modulus = base64(RSAVerificationTests.rfc7515Modulus)
        let exponents: [String: [UInt8]] = ["Aw": [3], "AQE": [1, 1], "____-w": [0xff, 0xff, 0xff, 0xfb]]
        for (text, exponent) in exponents {
            #expect(JSONWebKey(try publicKey(publicPEM(modulus: modulus, exponent: exponent))).exponent == text)
        }
    }
}
