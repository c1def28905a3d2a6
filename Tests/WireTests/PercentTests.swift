import Testing
import Wire

@Suite struct PercentTests {
    @Test func theUnreservedCharactersAreThoseOfRFC3986() {
        let unreserved = Set(utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"))
        for byte in UInt8.min...UInt8.max {
            #expect(Percent.isUnreserved(byte) == unreserved.contains(byte), "\(byte)")
        }
    }

    @Test(arguments: [
        // RFC 5849 section 3.4.1.3.2 and the OAuth community's test cases for parameter encoding.
        ("abcABC123", "abcABC123"), ("-._~", "-._~"), ("%", "%25"), ("+", "%2B"), ("&=*", "%26%3D%2A"), ("\n", "%0A"),
        (" ", "%20"), ("\u{7F}", "%7F"), ("\u{80}", "%C2%80"), ("\u{3001}", "%E3%80%81"), ("", ""),
        ("=%3D", "%3D%253D"), ("r b", "r%20b"), ("c@", "c%40"), ("2 q", "2%20q"), ("a/ü", "a%2F%C3%BC"),
    ]) func encodes(_ plain: String, _ encoded: String) {
        #expect(appended(plain, Percent.encode) == encoded)
        #expect(appended(encoded, Percent.decode) == plain)
        #expect(appended(plain, Percent.encodeTwice) == appended(encoded, Percent.encode))
    }

    @Test func everyByteComesBack() {
        let all = Array(UInt8.min...UInt8.max)
        var encoded: [UInt8] = []
        var decoded: [UInt8] = []
        all.withBytes { bytes in Percent.encode(bytes, into: &encoded) }
        encoded.withBytes { bytes in Percent.decode(bytes, into: &decoded) }
        #expect(decoded == all && encoded.count == 256 + 2 * (256 - 66))
        decoded = []
        encoded.withBytes { bytes in Percent.decodeForm(bytes, into: &decoded) }
        #expect(decoded == all)
    }

    @Test(arguments: [
        ("a+b", "a+b", "a b"), ("%2b", "+", "+"), ("%c3%A9", "é", "é"), ("%", "%", "%"), ("%4", "%4", "%4"),
        ("%zz+", "%zz+", "%zz "), ("%4g%41", "%4gA", "%4gA"), ("%%41", "%A", "%A"), ("100%", "100%", "100%"),
        ("%2", "%2", "%2"), ("%2541", "%41", "%41"), ("%-1", "%-1", "%-1"), ("% 1", "% 1", "% 1"),
    ]) func badEscapesStay(_ input: String, _ decoded: String, _ form: String) {
        #expect(appended(input, Percent.decode) == decoded)
        #expect(appended(input, Percent.decodeForm) == form)
    }
}
