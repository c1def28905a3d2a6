import Testing
import Bytes
import TestSupport

@Suite struct BytesTests {
    @Test func viewsCompareByContent() {
        utf8("abcabc").withBytes { bytes in
            #expect(bytes[0..<3] == bytes[3..<6] && bytes[0..<3] == "abc" && bytes != Bytes("abcabd"))
            #expect(bytes[0..<3].hashValue == Bytes("abc").hashValue)
            #expect(bytes.starts(with: "abca") && !bytes.starts(with: "abcabcd") && bytes.starts(with: ""))
            #expect(bytes.firstIndex(of: 0x63) == 2 && bytes.firstIndex(of: 0x63, from: 3) == 5)
            #expect(bytes.firstIndex(of: 0x63, from: 6) == nil && bytes.firstIndex(of: 0x7A) == nil)
            #expect(bytes.dropFirst(9).isEmpty && bytes.prefix(99).count == 6 && bytes.first == 0x61)
        }
        #expect(Bytes.empty == "" && Bytes.empty.first == nil && Bytes.empty[0..<0].isEmpty)
        for length in 0..<40 {
            let left = [UInt8](repeating: 1, count: length)
            for position in 0..<length {
                var right = left
                right[position] = 2
                #expect(left.withBytes { left in right.withBytes { right in left != right } })
            }
        }
    }

    @Test(
        arguments: [
            [], [0x00, 0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
            [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xEF, 0xBF, 0xBD, 0x41],
        ] as [[UInt8]]) func wellFormed(_ bytes: [UInt8])
    {
        #expect(bytes.withBytes(\.isUTF8))
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xE1, 0x80],
            [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xF1, 0x80, 0x80],
            [0xF1, 0x80, 0x80, 0x41], [0x41, 0xBF],
        ] as [[UInt8]]) func malformed(_ bytes: [UInt8])
    {
        #expect(!bytes.withBytes(\.isUTF8))
    }

    @Test func agreesWithTheStandardLibraryOnRandomBytes() {
        var generator = SeededGenerator(state: 8)
        let alphabet: [UInt8] = [
            0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...5, using: &generator)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            #expect(bytes.withBytes(\.isUTF8) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}
