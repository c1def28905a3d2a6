// What several of these tests use.

import Cryptography
import Foundation
import Testing
import Bytes

/// The bytes of hexadecimal text.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Hexadecimal text of bytes.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
}

/// The bytes of base64 or base64url text, with or without padding.
func base64(_ text: String) -> [UInt8] {
    var standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    while standard.count % 4 != 0 { standard += "=" }
    return [UInt8](Data(base64Encoded: standard)!)
}

func publicKey(_ pem: String, minimumBits: Int = 1024) throws(KeyError) -> RSAPublicKey {
    try Array(pem.utf8).withBytes { (pem) throws(KeyError) in try RSAPublicKey(pem: pem, minimumBits: minimumBits) }
}

func privateKey(_ pem: String) throws(KeyError) -> RSAPrivateKey {
    try Array(pem.utf8).withBytes { (pem) throws(KeyError) in try RSAPrivateKey(pem: pem) }
}

func verificationKey(_ pem: String) throws(KeyError) -> VerificationKey {
    try Array(pem.utf8).withBytes { (pem) throws(KeyError) in try VerificationKey(pem: pem) }
}

func signingKey(_ pem: String) throws(KeyError) -> SigningKey {
    try Array(pem.utf8).withBytes { (pem) throws(KeyError) in try SigningKey(pem: pem) }
}

extension VerificationKey {
    func verify(_ signature: [UInt8], _ message: String) -> Bool {
        signature.withBytes { signature in Array(message.utf8).withBytes { verify(signature: signature, message: $0) } }
    }
}

extension SigningKey {
    func sign(_ message: String) throws(KeyError) -> [UInt8] {
        try Array(message.utf8).withBytes { (message) throws(KeyError) in try sign(message) }
    }
}

extension RSAPublicKey {
    func verify(_ signature: [UInt8], _ message: String, _ digest: SignatureDigest) -> Bool {
        signature.withBytes { signature in
            Array(message.utf8).withBytes { verify(signature: signature, message: $0, digest: digest) }
        }
    }
}

extension RSAPrivateKey {
    func sign(_ message: String, _ digest: SignatureDigest) throws(KeyError) -> [UInt8] {
        try Array(message.utf8).withBytes { (message) throws(KeyError) in try sign(message, digest: digest) }
    }
}

/// PEM text that test reports name instead of printing it.
struct Sample: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var pem: String

    init(_ description: String, _ pem: String) {
        testDescription = description
        self.pem = pem
    }
}

private func tagged(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
    let count = contents.count
    let length: [UInt8] = count < 128 ? [UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(count & 0xff)]
    return [tag] + length + contents
}

private func pem(_ label: String, _ der: [UInt8]) -> String {
    let text = Data(der).base64EncodedString(options: .lineLength64Characters)
    return "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
}

/// `RSA PUBLIC KEY` PEM text of any two numbers, so that keys that no program generates can be tried too.
func publicPEM(modulus: [UInt8], exponent: [UInt8]) -> String {
    func integer(_ number: [UInt8]) -> [UInt8] { tagged(0x02, number[0] & 0x80 == 0 ? number : [0] + number) }
    return pem("RSA PUBLIC KEY", tagged(0x30, integer(modulus) + integer(exponent)))
}

/// Algorithm identifier of a key on P-256 (RFC 5480, 2.1.1).
private let p256 = tagged(0x30, hex("06072a8648ce3d0201 06082a8648ce3d030107"))

/// `PUBLIC KEY` PEM text of any bytes as a point of P-256.
func publicPEM(point: [UInt8]) -> String { pem("PUBLIC KEY", tagged(0x30, p256 + tagged(0x03, [0] + point))) }

/// `PRIVATE KEY` PEM text of any bytes as number and point of a P-256 key.
func privatePEM(number: [UInt8], point: [UInt8]) -> String {
    let key = tagged(0x30, [2, 1, 1] + tagged(0x04, number) + tagged(0xa1, tagged(0x03, [0] + point)))
    return pem("PRIVATE KEY", tagged(0x30, [2, 1, 0] + p256 + tagged(0x04, key)))
}
