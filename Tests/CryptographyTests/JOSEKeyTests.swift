// Keys that carry their algorithm: which keys are read as which, and which are refused.

import Cryptography
import Testing
import Bytes

@Suite struct VerificationKeyTests {
    @Test(
        arguments: [
            (Sample("RSA", TestKeys.spki), .rs256), (Sample("RSA, PKCS #1", TestKeys.pkcs1Public), .rs256),
            (Sample("RSA certificate", TestKeys.certificate), .rs256), (Sample("P-256", TestKeys.ecPublic), .es256),
            (Sample("P-256 certificate", TestKeys.p256Certificate), .es256),
            (Sample("P-256, compressed", TestKeys.compressedP256), .es256),
            (Sample("P-256, junk around", "junk\n" + TestKeys.ecPublic + "\njunk"), .es256),
        ] as [(Sample, JWSAlgorithm)])
    func forms(sample: Sample, algorithm: JWSAlgorithm) throws {
        let key = try verificationKey(sample.pem)
        #expect(key.algorithm == algorithm)
        #expect(try verificationKey(String(decoding: key.pem, as: UTF8.self)).keyID == key.keyID)
    }

    private static let unsupported = KeyError.unsupported(expected: "an RSA key or a P-256 key")

    @Test(arguments: [
        (Sample("RSA of 1024 bits", TestKeys.recorded1024), .modulusSize(bits: 1024, minimum: 2048, maximum: 8192)),
        (Sample("P-384", TestKeys.p384), unsupported), (Sample("secp256k1", TestKeys.secp256k1), unsupported),
        (Sample("P-256 spelled out", TestKeys.explicitP256), unsupported),
        (Sample("Ed25519", TestKeys.ed25519), unsupported), (Sample("RSASSA-PSS", TestKeys.pss), unsupported),
        (Sample("private, RSA", TestKeys.pkcs8), .privateKeyGiven),
        (Sample("private, P-256", TestKeys.ecPrivate), .privateKeyGiven),
        (Sample("private, P-256, SEC 1", TestKeys.p256WithParameters), .privateKeyGiven),
    ])
    func refused(sample: Sample, error: KeyError) {
        #expect(throws: error) { try verificationKey(sample.pem) }
    }

    /// Points as an attacker would have them: with the point at infinity as the public key, anyone can sign.
    @Test func pointsOutsideOfTheCurve() {
        let (x, y) = (base64(P256Tests.rfc7515X), base64(P256Tests.rfc7515Y))
        var outside = y
        outside[31] ^= 1
        let field = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
        let zeros = [UInt8](repeating: 0, count: 32)
        let points: [[UInt8]] = [
            [0], [4] + x + outside, [4] + zeros + zeros, [4] + field + y, [4] + x + field, [4] + x + y + [0], [4] + x,
            [5] + x,
            [2] + field, [], [6] + x + outside,
        ]
        for point in points {
            #expect(throws: KeyError.self, "\(hex(point))") { try verificationKey(publicPEM(point: point)) }
        }
        #expect(throws: KeyError.point) { try verificationKey(publicPEM(point: [0])) }
        #expect(throws: Never.self) { try verificationKey(publicPEM(point: [4] + x + y)) }
    }
}

@Suite struct SigningKeyTests {
    @Test(
        arguments: [
            (Sample("RSA, PKCS #8", TestKeys.pkcs8), .rs256), (Sample("RSA, PKCS #1", TestKeys.pkcs1), .rs256),
            (Sample("P-256, PKCS #8", TestKeys.ecPrivate), .es256),
            (Sample("P-256, SEC 1", TestKeys.ecPrivateTraditional), .es256),
            (Sample("P-256 below its parameters", TestKeys.p256WithParameters), .es256),
        ] as [(Sample, JWSAlgorithm)])
    func forms(sample: Sample, algorithm: JWSAlgorithm) throws {
        let key = try signingKey(sample.pem)
        #expect(key.algorithm == algorithm)
        #expect(key.publicKey.algorithm == algorithm)
        let signature = try key.sign("message")
        #expect(signature.count == (algorithm == .rs256 ? 256 : 64))
        #expect(key.publicKey.verify(signature, "message"))
        #expect(!key.publicKey.verify(signature, "massage"))
        let again = try signingKey(String(decoding: key.pem, as: UTF8.self))
        #expect(again.publicKey.verify(signature, "message"))
    }

    private static let unsupported = KeyError.unsupported(expected: "an RSA key or a P-256 key")

    @Test(arguments: [
        (Sample("RSA of 1024 bits", TestKeys.rsa1024Private), .modulusSize(bits: 1024, minimum: 2048, maximum: 8192)),
        (Sample("P-256 spelled out", TestKeys.explicitP256Private), unsupported),
        (Sample("public", TestKeys.ecPublic), .publicKeyGiven),
        (Sample("certificate", TestKeys.p256Certificate), .publicKeyGiven),
        (Sample("encrypted", TestKeys.encryptedPKCS8), .encrypted),
    ])
    func refused(sample: Sample, error: KeyError) {
        #expect(throws: error) { try signingKey(sample.pem) }
    }

    /// A private key with another's public part must not come into service: every cookie would be refused.
    @Test func inconsistentParts() throws {
        let own = [4] + base64(P256Tests.rfc7515X) + base64(P256Tests.rfc7515Y)
        let number = base64(P256Tests.rfc7515Number)
        #expect(try signingKey(privatePEM(number: number, point: own)).algorithm == .es256)
        var other = number
        other[31] ^= 1
        #expect(throws: KeyError.inconsistent) { try signingKey(privatePEM(number: other, point: own)) }
        let zeros = [UInt8](repeating: 0, count: 32)
        for number in [zeros, P256Tests.order, [UInt8](repeating: 0xff, count: 32)] {
            #expect(throws: KeyError.self) { try signingKey(privatePEM(number: number, point: own)) }
        }
    }

    @Test(arguments: JWSAlgorithm.allCases) func generatedKeysDiffer(algorithm: JWSAlgorithm) throws {
        let (one, other) = (try SigningKey.generate(algorithm), try SigningKey.generate(algorithm))
        #expect(one.algorithm == algorithm)
        #expect(one.publicKey.keyID != other.publicKey.keyID)
        #expect(!other.publicKey.verify(try one.sign("message"), "message"))
    }

    /// Workers sign with one key at the same time, while event loops verify.
    @Test(arguments: JWSAlgorithm.allCases) func manyThreads(algorithm: JWSAlgorithm) async throws {
        let key = try SigningKey.generate(algorithm)
        let failures = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var failures = 0
                    for round in 0..<40 {
                        let message = "\(task)/\(round)"
                        let signature = try key.sign(message)
                        if !key.publicKey.verify(signature, message) { failures += 1 }
                        if key.publicKey.verify(signature, message + "x") { failures += 1 }
                    }
                    return failures
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(failures == 0)
    }
}
