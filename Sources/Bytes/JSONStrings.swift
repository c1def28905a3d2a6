// JSON's strings: escapes, surrogate pairs, UTF-8.

extension JSONParser {
    /// The string at the current quote.
    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { position += 1 }
        if current == 0x22 {
            defer { position += 1 }
            return try checked(text[start..<position])
        }
        var unescaped = text[start..<position].array
        while let byte = current {
            switch byte {
            case 0x22:
                position += 1
                return try unescaped.withBytes { (bytes) throws(JSONError) -> String in try checked(bytes) }
            case 0x5C:
                position += 1
                try escape(into: &unescaped)
            case 0..<0x20:
                throw error("control character in a string")
            default:
                unescaped.append(byte)
                position += 1
            }
        }
        throw error("string without an end")
    }

    private func checked(_ bytes: Bytes) throws(JSONError) -> String {
        // String's own validation looks up generic metadata at each call, which costs more than the strings of a token.
        guard bytes.isUTF8 else { throw error("invalid UTF-8 in a string") }
        return bytes.string
    }

    private mutating func escape(into output: inout [UInt8]) throws(JSONError) {
        guard let letter = current else { throw error("string without an end") }
        position += 1
        switch letter {
        case 0x22, 0x5C, 0x2F: output.append(letter)
        case 0x62: output.append(0x08)
        case 0x66: output.append(0x0C)
        case 0x6E: output.append(0x0A)
        case 0x72: output.append(0x0D)
        case 0x74: output.append(0x09)
        case 0x75: try unicodeEscape(into: &output)
        default:
            position -= 1
            throw error("unknown escape")
        }
    }

    private mutating func unicodeEscape(into output: inout [UInt8]) throws(JSONError) {
        var code = try fourHexDigits()
        if (0xD800..<0xDC00).contains(code) {
            guard take(0x5C), take(0x75) else { throw error("lone surrogate") }
            let low = try fourHexDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw error("lone surrogate") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("lone surrogate") }
        output.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Percent.hexValue(byte) else {
                throw error("expected four hex digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}

extension JSON {
    /// Appends `text` as a JSON string, quotes included. Control characters are escaped; slashes are not.
    public static func appendString(_ text: String, into output: inout [UInt8]) {
        output.append(0x22)
        for byte in text.utf8 { appendCharacter(byte, into: &output) }
        output.append(0x22)
    }

    /// Appends UTF-8 `text` as a JSON string, quotes included; invalid UTF-8 is repaired with U+FFFD.
    public static func appendString(_ text: Bytes, into output: inout [UInt8]) {
        guard text.isUTF8 else { return appendString(text.string, into: &output) }
        output.append(0x22)
        for byte in text.buffer { appendCharacter(byte, into: &output) }
        output.append(0x22)
    }

    private static func appendCharacter(_ byte: UInt8, into output: inout [UInt8]) {
        switch byte {
        case 0x22: output.append("\\\"")
        case 0x5C: output.append("\\\\")
        case 0x0A: output.append("\\n")
        case 0x0D: output.append("\\r")
        case 0x09: output.append("\\t")
        case 0..<0x20, 0x7F:
            output.append("\\u00")
            for digit in [byte >> 4, byte & 15] { output.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        default: output.append(byte)
        }
    }
}
