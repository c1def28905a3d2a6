// What the tests share: text and bytes, what a function appends or decodes, seeded randomness.

import Testing
import Bytes

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// What `append` makes of `input`, as text.
func appended(_ input: String, _ append: (Bytes, inout [UInt8]) -> Void) -> String {
    var output = utf8("<")
    utf8(input).withBytes { bytes in append(bytes, &output) }
    #expect(output.removeFirst() == 0x3C, "what was there stays")
    return text(output)
}

/// What `decode` makes of `input`; nil when it refuses, and then it must have left its output alone.
func decoded(_ input: String, _ decode: (Bytes, inout [UInt8]) -> Bool) -> [UInt8]? {
    var output: [UInt8] = [7]
    let isDecoded = utf8(input).withBytes { bytes in decode(bytes, &output) }
    if !isDecoded { #expect(output == [7]) }
    return isDecoded ? Array(output.dropFirst()) : nil
}

/// The members of an object as they are read in place, built; nil when the text is refused.
func membersInPlace(_ text: [UInt8], limits: JSON.Limits = JSON.Limits()) -> [JSON.Member]? {
    text.withBytes { bytes in
        var members: [JSON.Member] = []
        do {
            try JSON.readObject(bytes, limits: limits) { name, value in
                let text = value.withText(\.string)
                members.append(JSON.Member(name.withText(\.string) ?? "?", text.map { .string($0) } ?? value.json))
            }
            return members
        } catch { return nil }
    }
}

/// SplitMix64: the same sequence on every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
