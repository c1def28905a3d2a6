// ES256 signatures: the RFC's example, and what Wycheproof's vectors try against verifiers.

import Cryptography
import Testing
import Bytes

@Suite struct P256Tests {
    /// RFC 7515, A.3.
    static let rfc7515X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    static let rfc7515Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    static let rfc7515Number = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    static let rfc7515Message =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        + "Ijp0cnVlfQ"
    static let rfc7515Signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

    /// The order of the curve's group, n.
    static let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")

    static func rfc7515Key() throws -> VerificationKey {
        try verificationKey(publicPEM(point: [4] + base64(rfc7515X) + base64(rfc7515Y)))
    }

    @Test func rfc7515() throws {
        let key = try Self.rfc7515Key()
        let signature = base64(Self.rfc7515Signature)
        #expect(key.verify(signature, Self.rfc7515Message))
        #expect(!key.verify(signature, Self.rfc7515Message + "A"))
        #expect(!key.verify(signature, ""))
        let other = try verificationKey(TestKeys.ecPublic)
        #expect(!other.verify(signature, Self.rfc7515Message))
        let private_ = try signingKey(
            privatePEM(
                number: base64(Self.rfc7515Number), point: [4] + base64(Self.rfc7515X) + base64(Self.rfc7515Y)))
        let made = try private_.sign(Self.rfc7515Message)
        #expect(key.verify(made, Self.rfc7515Message))
        #expect(made != signature, "the number behind a signature must not repeat")
    }

    @Test func everyFlippedByteIsNoticed() throws {
        let key = try Self.rfc7515Key()
        for index in 0..<64 {
            var signature = base64(Self.rfc7515Signature)
            signature[index] ^= 0x20
            #expect(!key.verify(signature, Self.rfc7515Message), "byte \(index)")
        }
    }

    private static func padded(_ number: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0, count: 32 - number.count) + number
    }

    /// Numbers outside of 1 to n − 1, and those with which broken verifiers accept any message.
    @Test func numbersOutOfRange() throws {
        let key = try Self.rfc7515Key()
        let right = base64(Self.rfc7515Signature)
        let (r, s) = (Array(right[..<32]), Array(right[32...]))
        var next = Self.order
        next[31] += 1
        var last = Self.order
        last[31] -= 1
        let field = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
        let numbers = [
            Self.padded([0]), Self.padded([1]), Self.padded([2]), last, Self.order, next, field,
            [UInt8](repeating: 0xff, count: 32),
        ]
        for number in numbers {
            #expect(!key.verify(r + number, Self.rfc7515Message), "s \(hex(number))")
            #expect(!key.verify(number + s, Self.rfc7515Message), "r \(hex(number))")
            for other in numbers { #expect(!key.verify(number + other, Self.rfc7515Message), "\(hex(number + other))") }
        }
        #expect(key.verify(right, Self.rfc7515Message))
    }

    /// JWS has r and s as they are; X.509 and TLS have them in DER.
    @Test func otherForms() throws {
        let key = try Self.rfc7515Key()
        let right = base64(Self.rfc7515Signature)
        let (r, s) = (Array(right[..<32]), Array(right[32...]))
        func integer(_ number: [UInt8]) -> [UInt8] {
            let number = number[0] & 0x80 == 0 ? number : [0] + number
            return [2, UInt8(number.count)] + number
        }
        let numbers = integer(r) + integer(s)
        let wrong: [[UInt8]] = [
            [0x30, UInt8(numbers.count)] + numbers, numbers, [], [0], Array(right.dropLast()), Array(right.dropFirst()),
            right + [0], [0] + right, right + right, s + r, [0] + r + [0] + s, [UInt8](repeating: 0, count: 100_000),
        ]
        for signature in wrong { #expect(!key.verify(signature, Self.rfc7515Message), "\(signature.count) bytes") }
        // A failure leaves no entry in libcrypto's error queue that a later call would take for its own.
        #expect(key.verify(right, Self.rfc7515Message))
    }

    /// (r, n − s) is valid whenever (r, s) is: neither ECDSA nor RFC 7518 asks for the smaller of both.
    @Test func theOtherSignature() throws {
        let key = try Self.rfc7515Key()
        var signature = base64(Self.rfc7515Signature)
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(Self.order[index]) - Int(signature[32 + index]) - borrow
            borrow = difference < 0 ? 1 : 0
            signature[32 + index] = UInt8(difference & 0xff)
        }
        #expect(key.verify(signature, Self.rfc7515Message))
    }

    /// r and s begin with a zero now and then; they have 32 bytes all the same.
    @Test func leadingZeros() throws {
        let key = try signingKey(TestKeys.ecPrivate)
        var found = (r: false, s: false)
        for round in 0..<20_000 where !(found.r && found.s) {
            let signature = try key.sign("message \(round)")
            #expect(signature.count == 64)
            guard signature[0] == 0 || signature[32] == 0 else { continue }
            if signature[0] == 0 { found.r = true } else { found.s = true }
            #expect(key.publicKey.verify(signature, "message \(round)"))
        }
        #expect(found == (true, true))
    }
}
