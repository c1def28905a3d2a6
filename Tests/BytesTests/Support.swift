// What the tests share: text and bytes, what a function appends or decodes.

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
