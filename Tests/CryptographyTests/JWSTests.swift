// Compact JWS: the RFC's examples, tokens that lie about their algorithm, and tokens that are not quite of the form.

import Cryptography
import Testing
import Bytes

@Suite struct JWSTests {
    private static let rsa = Result { try SigningKey.generate(.rs256) }
    private static let p256 = Result { try SigningKey.generate(.es256) }

    private static func signer(_ algorithm: JWSAlgorithm) throws -> SigningKey {
        try (algorithm == .rs256 ? rsa : p256).get()
    }

    /// What comes of a token; nil when it is malformed.
    private func verify(_ token: [UInt8], _ keys: [VerificationKey]) -> (JWS.Verification, payload: String)? {
        token.withBytes { token in
            JWS.withDecoded(token) { $0.map { ($0.verify(with: keys), $0.unverifiedPayload.string) } }
        }
    }

    private func verify(_ token: String, _ keys: [VerificationKey]) -> JWS.Verification? {
        verify(Array(token.utf8), keys)?.0
    }

    private func base64URL(_ text: String) -> String { base64URL(Array(text.utf8)) }

    private func base64URL(_ bytes: [UInt8]) -> String {
        var encoded: [UInt8] = []
        bytes.withBytes { Base64.encodeURL($0, into: &encoded) }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// RFC 7515, A.2 and A.3.
    @Test func rfc7515() throws {
        let rsa = try verificationKey(
            publicPEM(modulus: base64(RSAVerificationTests.rfc7515Modulus), exponent: [1, 0, 1]))
        let p256 = try P256Tests.rfc7515Key()
        let tokens = [
            (RSAVerificationTests.rfc7515Message + "." + base64URL(RSAVerificationTests.rfc7515Signature), rsa, p256),
            (P256Tests.rfc7515Message + "." + P256Tests.rfc7515Signature, p256, rsa),
        ]
        for (token, key, other) in tokens {
            let read = try #require(verify(Array(token.utf8), [key]))
            #expect(read.0 == .valid)
            #expect(
                read.payload == #"{"iss":"joe",\#r\#n "exp":1300819380,\#r\#n "http://example.com/is_root":true}"#)
            #expect(verify(token, [other, key]) == .valid)
            #expect(verify(token, [other]) == .algorithmNotAccepted)
            #expect(verify(token, []) == .algorithmNotAccepted)
            let same = try Self.signer(key.algorithm).publicKey
            #expect(verify(token, [same]) == .invalid)
            #expect(verify(token, [same, other]) == .invalid)
            #expect(verify(token, [same, key]) == .valid)
        }
    }

    @Test(arguments: JWSAlgorithm.allCases) func signedAndRead(algorithm: JWSAlgorithm) throws {
        let key = try Self.signer(algorithm)
        let payload = #"{"sub":"mw:local:wiki:3"}"#
        for keyID in [nil, key.publicKey.keyID] {
            let token = try JWS.sign(Array(payload.utf8), with: key, keyID: keyID)
            let read = try #require(verify(token, [key.publicKey]))
            #expect(read == (.valid, payload))
            let header = String(
                decoding: base64(String(decoding: token.prefix { $0 != 0x2e }, as: UTF8.self)), as: UTF8.self)
            let kid = keyID.map { #","kid":"\#($0)""# } ?? ""
            #expect(header == #"{"typ":"JWT","alg":"\#(algorithm.rawValue)"\#(kid)}"#)
            let payload = token.withBytes { JWS.withPayload(ofVerified: $0) { $0?.string } }
            #expect(payload == read.payload)
        }
    }

    /// A token says ES256 and has an RSA signature, or the other way round: the key's algorithm counts.
    @Test(arguments: JWSAlgorithm.allCases) func anotherAlgorithmThanTheKeys(algorithm: JWSAlgorithm) throws {
        let key = try Self.signer(algorithm)
        let other = JWSAlgorithm.allCases.first { $0 != algorithm }!
        let header = Array(#"{"alg":"\#(other.rawValue)"}"#.utf8)
        let token = try JWS.sign(header: header, Array("{}".utf8), with: key)
        #expect(verify(token, [key.publicKey])?.0 == .algorithmNotAccepted)
        #expect(verify(token, [key.publicKey, try Self.signer(other).publicKey])?.0 == .invalid)
    }

    /// HMAC (RFC 2104) with SHA-256, which nothing but this attack needs here.
    private func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        func digest(_ bytes: [UInt8]) -> [UInt8] { bytes.withBytes { SHA256.digest($0) }.withBytes { $0.array } }
        var block = key.count > 64 ? digest(key) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        return digest(block.map { $0 ^ 0x5c } + digest(block.map { $0 ^ 0x36 } + message))
    }

    /// The public key is known to all: as an HMAC secret it would let all sign.
    @Test(arguments: JWSAlgorithm.allCases) func thePublicKeyAsAnHMACSecret(algorithm: JWSAlgorithm) throws {
        // RFC 4231, 4.3.
        #expect(
            hex(hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let key = try Self.signer(algorithm).publicKey
        for name in ["HS256", algorithm.rawValue] {
            let message = base64URL(#"{"alg":"\#(name)"}"#) + "." + base64URL("{}")
            let code = hmacSHA256(Array(message.utf8), key: key.pem)
            let expected: JWS.Verification? = name == "HS256" ? nil : .invalid
            #expect(verify(message + "." + base64URL(code), [key]) == expected)
        }
    }

    @Test(arguments: ["none", "None", "NONE", ""]) func noSignature(name: String) throws {
        let keys = [try Self.signer(.rs256).publicKey, try Self.signer(.es256).publicKey]
        let message = base64URL(#"{"alg":"\#(name)"}"#) + "." + base64URL("{}")
        for signature in ["", "AA", base64URL([UInt8](repeating: 0, count: 64))] {
            #expect(verify(message + "." + signature, keys) == nil)
        }
    }

    @Test(arguments: [
        #"{"alg":"HS256"}"#, #"{"alg":"rs256"}"#, #"{"alg":"Es256"}"#, #"{"alg":["ES256"]}"#, #"{"alg":null}"#, "{}",
        "[]",
        #""ES256""#, #"{"alg":"ES256","alg":"none"}"#, #"{"alg":"ES256","enc":"A128GCM"}"#, #"{"alg":"ES256","":1}"#,
        #"{"alg":"ES256","\u0061lg":"none"}"#, #"{"alg":"ES256"} x"#, #"{"alg":"ES384"}"#, #"{"alg":"ES256K"}"#,
        #"{"alg":"PS256"}"#, #"{"alg":"RS512"}"#, #"{"alg":"ES256 "}"#, #"{"alg":"ES256\u0000"}"#,
    ])
    func headersThatAreRefused(header: String) throws {
        let key = try Self.signer(.es256)
        let token = try JWS.sign(header: Array(header.utf8), Array("{}".utf8), with: key)
        #expect(verify(token, [key.publicKey]) == nil)
    }

    @Test(arguments: [
        #"{"alg":"ES256"}"#, #" { "typ" : "x", "\u0061lg" : "ES\u003256" } "#, #"{"alg":"none","alg":"ES256"}"#,
        #"{"alg":"ES256","kid":"unknown","crit":["b64"]}"#,
    ])
    func headersThatAreAccepted(header: String) throws {
        let key = try Self.signer(.es256)
        let token = try JWS.sign(header: Array(header.utf8), Array("{}".utf8), with: key)
        #expect(verify(token, [key.publicKey])?.0 == .valid)
    }

    /// One token has one spelling.
    @Test(arguments: JWSAlgorithm.allCases) func otherSpellings(algorithm: JWSAlgorithm) throws {
        let key = try Self.signer(algorithm)
        let token = String(decoding: try JWS.sign(Array(#"{"a":1}"#.utf8), with: key), as: UTF8.self)
        let parts = token.split(separator: ".").map(String.init)
        #expect(verify(token, [key.publicKey]) == .valid)
        let wrong = [
            "", ".", "..", "...", token + ".", "." + token, token + "=", token + "==", token + "\n", " " + token,
            parts[0] + "." + parts[1], parts[0] + ".." + parts[2], "." + parts[1] + "." + parts[2],
            token + "." + parts[2],
            parts[0] + "=." + parts[1] + "." + parts[2],
            token.replacing("-", with: "+").replacing("_", with: "/") + "+",
            String(token.dropLast()) + "\u{e9}", parts[0] + "." + parts[1] + ".",
        ]
        for token in wrong { #expect(verify(token, [key.publicKey]) == nil, "\(token)") }
        // The last character of a signature has bits that belong to no byte: they must be zero.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(alphabet.firstIndex(of: token.last!))
        let stray = String(token.dropLast()) + String(alphabet[last | 1])
        #expect(verify(stray, [key.publicKey]) == nil)
        // A character cut off is a byte less, or a form that does not exist.
        #expect(verify(String(token.dropLast(2)), [key.publicKey]) != .valid)
    }

    @Test func tokensOfAnyLength() throws {
        let key = try Self.signer(.es256)
        let fixed = try JWS.sign(Array(#"{"a":""}"#.utf8), with: key).count
        for (length, isRead) in [(JWS.maxBytes - fixed, true), (JWS.maxBytes, false), (100_000, false)] {
            let payload = #"{"a":"\#(String(repeating: "x", count: length * 3 / 4 - (isRead ? 3 : 0)))"}"#
            let token = try JWS.sign(Array(payload.utf8), with: key)
            #expect((token.count <= JWS.maxBytes) == isRead)
            #expect((verify(token, [key.publicKey])?.0 == .valid) == isRead, "\(token.count) bytes")
            let payloadRead = token.withBytes { JWS.withPayload(ofVerified: $0) { $0?.count } }
            #expect(payloadRead == (isRead ? payload.utf8.count : nil))
        }
    }

    @Test func members() {
        func read(_ text: String) -> [String]? {
            var names: [String] = []
            let isObject = Array(text.utf8).withBytes { JWS.readObject($0) { name, _ in names.append(name.string) } }
            return isObject ? names : nil
        }
        #expect(read(#"{"a":1,"b":[{"c":2}],"a":3}"#) == ["a", "b", "a"])
        #expect(read("{}") == [])
        for text in ["", "[]", "1", #"{"":1}"#, #"{"a":1"#, #"{"a":1}}"#, #"{"a":{"":}}"#] {
            #expect(read(text) == nil)
        }
        #expect(read(#"{"a":\#(String(repeating: "[", count: 600))\#(String(repeating: "]", count: 600))}"#) == nil)
        #expect(read(#"{"a":[\#(Array(repeating: "0", count: 5000).joined(separator: ","))]}"#) == nil)
    }
}
