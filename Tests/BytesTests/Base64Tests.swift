import Testing
import Bytes
import TestSupport

@Suite struct Base64Tests {
    @Test(arguments: [
        // RFC 4648 section 10.
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func theRFCsVectors(_ plain: String, _ standard: String) {
        let unpadded = standard.filter { character in character != "=" }
        #expect(appended(plain, Base64.encodeStandard) == standard)
        #expect(appended(plain, Base64.encodeURL) == unpadded)
        #expect(decoded(standard, Base64.decodeStandard) == utf8(plain))
        #expect(decoded(unpadded, Base64.decodeURL) == utf8(plain))
        #expect(appended(standard, Base64.decodeLenient) == plain)
        #expect(appended(unpadded, Base64.decodeLenient) == plain)
    }

    @Test func theExampleOfRFC7515() {
        // Appendix C.
        let octets: [UInt8] = [3, 236, 255, 224, 193]
        var output: [UInt8] = []
        octets.withBytes { bytes in Base64.encodeURL(bytes, into: &output) }
        #expect(text(output) == "A-z_4ME")
        #expect(decoded("A-z_4ME", Base64.decodeURL) == octets)
        // Section 3.1: the header of the example.
        let header = decoded("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", Base64.decodeURL)
        #expect(header.map(text) == "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}")
    }

    @Test(arguments: [
        "A", "AAAAA", "Zg=", "Zg==", "Zm9v=", "=", "Zh", "Zm9", "A+z/4ME", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v.", "Zg\0",
        "Zm9é",
    ]) func urlRefuses(_ text: String) {
        #expect(decoded(text, Base64.decodeURL) == nil)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "=", "Zg==Zg==", "A-z_4ME=", "Zm9v\n", "Zm9v====", "Z=g=",
        "Zm 9",
    ]) func standardRefuses(_ text: String) {
        #expect(decoded(text, Base64.decodeStandard) == nil)
    }

    /// In the first group, in a later one, and in the rest.
    @Test func oneOddCharacterIsRefusedAtEachPlace() {
        for byte in UInt8.min...UInt8.max where !Percent.isUnreserved(byte) || byte == 0x2E || byte == 0x7E {
            for place in 0..<11 {
                var encoded = utf8("AAAAAAAAAAA")
                encoded[place] = byte
                var output: [UInt8] = []
                #expect(!encoded.withBytes { Base64.decodeURL($0, into: &output) }, "\(byte) at \(place)")
            }
        }
    }

    /// Outputs of PHP's `base64_decode` without `strict`.
    @Test(arguments: [
        ("Zm9v\nYmFy", "foobar"), ("Zm9v YmFy ", "foobar"), ("Z!m@9#v", "foo"), ("Zg", "f"), ("Zg=", "f"), ("Z", ""),
        ("Zg==Zg==", "f\u{06}`"), ("Zh==", "f"), ("-Zm9v_", "foo"), ("=Zm9v", "foo"), ("", ""), ("é", ""),
    ]) func lenientSkips(_ encoded: String, _ plain: String) {
        #expect(appended(encoded, Base64.decodeLenient) == plain)
    }

    @Test func everyLengthComesBack() throws {
        var generator = SeededGenerator(state: 64)
        for length in 0..<200 {
            let plain = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            var standard: [UInt8] = []
            var url: [UInt8] = []
            plain.withBytes { bytes in
                Base64.encodeStandard(bytes, into: &standard)
                Base64.encodeURL(bytes, into: &url)
            }
            #expect(standard.count == (length + 2) / 3 * 4)
            #expect(decoded(text(standard), Base64.decodeStandard) == plain)
            #expect(decoded(text(url), Base64.decodeURL) == plain)
        }
    }
}
