// Reading RSA keys: every form that an operator or MediaWiki may have, and what must be refused.

import Cryptography
import Testing
import Bytes

@Suite struct RSAPublicKeyTests {
    @Test(arguments: [
        Sample("SPKI", TestKeys.spki),
        Sample("PKCS #1", TestKeys.pkcs1Public),
        Sample("certificate", TestKeys.certificate),
        Sample("carriage returns", TestKeys.spki.replacing("\n", with: "\r\n")),
        Sample("junk around", "a note above\n" + TestKeys.spki + "\ntrailing junk \u{0} and more"),
        Sample("first of two", TestKeys.spki + "\n" + TestKeys.recordedPublic),
        Sample("certificate before key", TestKeys.recordedPublic + "\n" + TestKeys.certificate),
        Sample("first certificate", TestKeys.certificate + "\n" + TestKeys.recordedCertificate),
        Sample("another kind above", TestKeys.ecPrivateTraditional + "\n" + TestKeys.spki),
    ])
    func forms(sample: Sample) throws {
        let signature = try privateKey(TestKeys.pkcs8).sign("message", .sha256)
        #expect(try publicKey(sample.pem).verify(signature, "message", .sha256))
    }

    private static let noKey = KeyError.noKey(expected: "PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE")
    private static let malformed = KeyError.malformed(expected: "PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE")

    @Test(arguments: [
        (Sample("empty", ""), noKey),
        (Sample("garbage", "not a key"), noKey),
        (Sample("NUL bytes", "\u{0}\u{0}\u{0}"), noKey),
        (Sample("truncated", String(TestKeys.spki.dropLast(60))), noKey),
        (Sample("labels that differ", TestKeys.spki.replacing("END PUBLIC", with: "END PRIVATE")), noKey),
        (Sample("empty DER", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), malformed),
        (Sample("a key labelled certificate", TestKeys.spki.replacing("PUBLIC KEY", with: "CERTIFICATE")), malformed),
        (Sample("SSH", TestKeys.spki.replacing("PUBLIC KEY", with: "SSH KEY")), malformed),
        (Sample("private, PKCS #8", TestKeys.pkcs8), .privateKeyGiven),
        (Sample("private, PKCS #1", TestKeys.pkcs1), .privateKeyGiven),
        (Sample("private, encrypted", TestKeys.encryptedPKCS8), .privateKeyGiven),
        (Sample("private, EC", TestKeys.ecPrivate), .privateKeyGiven),
        (Sample("EC", TestKeys.ecPublic), .unsupported(expected: "an RSA key")),
        (Sample("Ed25519", TestKeys.ed25519), .unsupported(expected: "an RSA key")),
        (Sample("RSASSA-PSS", TestKeys.pss), .unsupported(expected: "an RSA key")),
        (Sample("512 bits", TestKeys.bits512), .modulusSize(bits: 512, minimum: 1024, maximum: 8192)),
        (Sample("64 KiB", String(repeating: "x", count: 65_537)), .tooLarge(limit: 65_536)),
    ])
    func refused(sample: Sample, error: KeyError) {
        #expect(throws: error) { try publicKey(sample.pem) }
    }

    @Test func junkWithinTheBlock() {
        var lines = TestKeys.spki.split(separator: "\n").map(String.init)
        lines[2] = "!!!!" + lines[2].dropFirst(4)
        #expect(throws: KeyError.self) { try publicKey(lines.joined(separator: "\n")) }
    }

    /// Moduli and exponents that no program generates, as a consumer's owner could register them.
    @Test func hostileNumbers() {
        let modulus = base64(RSAVerificationTests.rfc7515Modulus)
        for exponent: [UInt8] in [[0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 1], modulus] {
            let pem = publicPEM(modulus: modulus, exponent: exponent)
            #expect(throws: KeyError.exponent, "\(exponent)") { try publicKey(pem) }
        }
        for size in [1, 64, 127] {
            let pem = publicPEM(modulus: [UInt8](repeating: 0xc1, count: size), exponent: [3])
            #expect(throws: KeyError.self, "\(size) bytes") { try publicKey(pem) }
        }
        let large = publicPEM(modulus: [UInt8](repeating: 0xc1, count: 1025), exponent: [3])
        #expect(throws: KeyError.modulusSize(bits: 8200, minimum: 1024, maximum: 8192)) { try publicKey(large) }
        #expect(throws: KeyError.modulusSize(bits: 2048, minimum: 4096, maximum: 8192)) {
            try publicKey(TestKeys.spki, minimumBits: 4096)
        }
    }

    /// Even if a smaller minimum is asked for, a DigestInfo has room in the modulus.
    @Test(arguments: [(416, 3), (448, 3), (511, 3)]) func tooSmallForADigest(bits: Int, exponent: Int) {
        var modulus = [UInt8](repeating: 0xc1, count: (bits + 7) / 8)
        if bits % 8 != 0 { modulus[0] = 0x7f }
        let pem = publicPEM(modulus: modulus, exponent: [UInt8(exponent)])
        #expect(throws: KeyError.modulusSize(bits: bits, minimum: 512, maximum: 8192)) {
            try publicKey(pem, minimumBits: 1)
        }
    }

    /// An even modulus is not a product of two large primes.
    @Test func evenModulus() {
        let pem = publicPEM(modulus: [UInt8](repeating: 0xc2, count: 256), exponent: [1, 0, 1])
        #expect(throws: KeyError.modulus) { try publicKey(pem) }
    }

    @Test func messagesNameNoContents() {
        let errors: [KeyError] = [
            .tooLarge(limit: 65_536), .noKey(expected: "PUBLIC KEY"), .malformed(expected: "PUBLIC KEY"),
            .privateKeyGiven, .publicKeyGiven, .encrypted, .unsupported(expected: "an RSA key"), .exponent, .modulus,
            .point,
            .inconsistent, .libraryFailure,
            .modulusSize(bits: 512, minimum: 1024, maximum: 8192),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        #expect("\(errors[12])" == "an RSA key of 512 bits: expected 1024 to 8192")
    }

    @Test func writtenAndReadBack() throws {
        let key = try publicKey(TestKeys.certificate)
        #expect(String(decoding: key.pem, as: UTF8.self) == TestKeys.spki + "\n")
        #expect(key.modulusBits == 2048)
        #expect(try key.exponent == [1, 0, 1])
        #expect(try key.modulus.count == 256)
    }
}

@Suite struct RSAPrivateKeyTests {
    @Test(arguments: [
        Sample("PKCS #8", TestKeys.pkcs8),
        Sample("PKCS #1", TestKeys.pkcs1),
        Sample("below its public key", TestKeys.spki + "\n" + TestKeys.pkcs8),
        Sample("junk around", "junk\n" + TestKeys.pkcs1 + "\njunk"),
    ])
    func forms(sample: Sample) throws {
        let signature = try privateKey(sample.pem).sign("message", .sha1)
        #expect(try publicKey(TestKeys.spki).verify(signature, "message", .sha1))
    }

    private static let malformed = KeyError.malformed(expected: "PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY")

    @Test(arguments: [
        (Sample("empty", ""), KeyError.noKey(expected: "PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY")),
        (Sample("public", TestKeys.spki), .publicKeyGiven),
        (Sample("certificate", TestKeys.certificate), .publicKeyGiven),
        (Sample("encrypted, PKCS #8", TestKeys.encryptedPKCS8), .encrypted),
        (Sample("encrypted, PKCS #1", TestKeys.encryptedPKCS1), .encrypted),
        (Sample("EC, PKCS #8", TestKeys.ecPrivate), .unsupported(expected: "an RSA key")),
        (Sample("EC, SEC 1", TestKeys.ecPrivateTraditional), .unsupported(expected: "an RSA key")),
        (Sample("empty DER", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), malformed),
        (Sample("64 KiB", String(repeating: "x", count: 65_537)), .tooLarge(limit: 65_536)),
    ])
    func refused(sample: Sample, error: KeyError) {
        #expect(throws: error) { try privateKey(sample.pem) }
    }

    /// A private key with another's modulus must not come into service: every cookie would be refused.
    @Test func inconsistentParts() {
        var lines = TestKeys.pkcs1.split(separator: "\n").map(String.init)
        lines[3] = String(lines[3].reversed())
        #expect(throws: KeyError.inconsistent) { try privateKey(lines.joined(separator: "\n")) }
    }

    @Test func signaturesAreDeterministic() throws {
        let key = try privateKey(TestKeys.pkcs8)
        #expect(try key.sign("message", .sha256) == key.sign("message", .sha256))
        #expect(try key.sign("message", .sha256) != key.sign("message", .sha1))
        #expect(try key.sign("", .sha256).count == 256)
    }

    @Test func generatedKeysRoundTrip() throws {
        let key = try RSAPrivateKey.generate(bits: 2048)
        #expect(key.publicKey.modulusBits == 2048)
        let again = try privateKey(String(decoding: key.pem, as: UTF8.self))
        #expect(String(decoding: again.pem, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(try again.publicKey.modulus == key.publicKey.modulus)
        #expect(key.publicKey.verify(try again.sign("message", .sha256), "message", .sha256))
        #expect(try RSAPrivateKey.generate(bits: 1024).publicKey.modulus != key.publicKey.modulus)
    }

    /// Workers sign with one key at the same time, while event loops verify.
    @Test func manyThreads() async throws {
        let key = try privateKey(TestKeys.pkcs8)
        let failures = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var failures = 0
                    for round in 0..<40 {
                        let message = "\(task)/\(round)"
                        let signature = try key.sign(message, .sha256)
                        if !key.publicKey.verify(signature, message, .sha256) { failures += 1 }
                        if key.publicKey.verify(signature, message + "x", .sha256) { failures += 1 }
                    }
                    return failures
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(failures == 0)
    }
}
