import Testing
import Bytes

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
        let twice = encodedTwice(plain, .plain)
        #expect(twice.text == appended(encoded, Percent.encode))
        #expect(twice.isVerbatim == (plain == encoded))
        #expect(encodedTwice(encoded, .percent).text == twice.text)
        #expect(written(twice.text) { Percent.decodeTwice($0, to: $1) } == plain)
    }

    private func written(_ text: String, _ write: (Bytes, UnsafeMutablePointer<UInt8>) -> Int) -> String {
        let room = UnsafeMutablePointer<UInt8>.allocate(capacity: 5 * text.utf8.count + 8)
        defer { room.deallocate() }
        let count = utf8(text).withBytes { write($0, room) }
        return String(decoding: UnsafeBufferPointer(start: room, count: count), as: UTF8.self)
    }

    private func encodedTwice(_ text: String, _ reading: Percent.Reading) -> (text: String, isVerbatim: Bool) {
        var isVerbatim = false
        let twice = written(text) { bytes, room in
            let (count, verbatim) = Percent.encodeTwice(decoding: bytes, reading, to: room)
            isVerbatim = verbatim
            return count
        }
        return (twice, isVerbatim)
    }

    /// A value of a query, up to its end: decoded as a form and encoded twice; nil where parsers differ.
    @Test(
        arguments: [
            ("abc&d", "abc", 3), ("a%20b+c", "a%2520b%2520c", 7), ("%41%2f", "A%252F", 6), ("", "", 0), ("&x", "", 0),
            ("a=b/ü", "a%253Db%252F%25C3%25BC", 6), ("%4", "%25254", 2), ("12345678%zz9", "12345678%2525zz9", 12),
            ("a\u{1}", nil, 0), ("a#b", nil, 0), ("%01\u{7f}", nil, 0), ("%01", "%2501", 3),
        ] as [(String, String?, Int)])
    func valuesOfAQuery(_ query: String, _ expected: String?, _ length: Int) {
        var read = 0
        var isPlain = false
        let text = written(query) { bytes, room in
            guard let start = bytes.buffer.baseAddress else {
                isPlain = true
                return 0
            }
            var next = start
            let value = Percent.encodeTwice(formValue: &next, until: start + bytes.count, to: room)
            (read, isPlain) = (next - start, value != nil)
            return value?.count ?? 0
        }
        #expect(isPlain == (expected != nil))
        if let expected { #expect(text == expected && read == length) }
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
        #expect(written(input) { Percent.decode($0, .form, to: $1) } == form)
    }
}
