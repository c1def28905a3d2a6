// Base64 (RFC 4648), in the three readings that the credentials need.
//
// Strict url: JWT segments (RFC 7515 section 2): no padding, no other character, no stray bits. Strict standard: proto3 JSON
// and keys. Lenient: PHP's `base64_decode`, which MediaWiki reads RSA signatures with.

/// Base64, appended to a buffer that the caller reuses.
public enum Base64 {
    /// Which two characters stand for 62 and 63.
    @usableFromInline
    enum Alphabet {
        /// `+/`
        case standard
        /// `-_`
        case url
        /// Both, when decoding.
        case either
    }

    /// Appends standard base64 with padding.
    @inlinable
    public static func encodeStandard(_ bytes: Bytes, into output: inout [UInt8]) {
        encode(bytes, .standard, into: &output)
        let rest = bytes.count % 3
        if rest > 0 { output.append(rest == 1 ? "==" : "=") }
    }

    /// Appends base64url without padding.
    @inlinable
    public static func encodeURL(_ bytes: Bytes, into output: inout [UInt8]) {
        encode(bytes, .url, into: &output)
    }

    /// Appends what unpadded, canonical base64url encodes.
    /// - Returns: Whether `text` is that; if not, `output` is as it was.
    public static func decodeURL(_ text: Bytes, into output: inout [UInt8]) -> Bool {
        decodeStrict(text, .url, into: &output)
    }

    /// Appends what padded, canonical standard base64 encodes.
    /// - Returns: Whether `text` is that; if not, `output` is as it was.
    public static func decodeStandard(_ text: Bytes, into output: inout [UInt8]) -> Bool {
        guard text.count % 4 == 0 else { return false }
        var length = text.count
        while length > 0, text.count - length < 2, text[length - 1] == 0x3D { length -= 1 }
        return decodeStrict(text.prefix(length), .standard, into: &output)
    }

    /// Appends what base64 of either alphabet encodes, padded or not, as proto3 JSON has it.
    static func decodeEither(_ text: Bytes, into output: inout [UInt8]) -> Bool {
        var length = text.count
        while length > 0, text.count % 4 == 0, text.count - length < 2, text[length - 1] == 0x3D { length -= 1 }
        return decodeStrict(text.prefix(length), .either, into: &output)
    }

    /// Appends what PHP's `base64_decode` makes of `text` when not strict: characters outside the standard alphabet are
    /// skipped wherever they are, padding too, and bits that don't fill a byte are dropped.
    public static func decodeLenient(_ text: Bytes, into output: inout [UInt8]) {
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for character in text.buffer {
            guard let value = value(of: character, .standard) else { continue }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
    }

    @inlinable
    static func encode(_ bytes: Bytes, _ alphabet: Alphabet, into output: inout [UInt8]) {
        output.append(addingCapacity: (bytes.count * 4 + 2) / 3) { (span: inout OutputSpan<UInt8>) in
            var index = 0
            while index < bytes.count {
                let left = bytes.count - index
                let second = left > 1 ? UInt32(bytes[index + 1]) : 0
                let third = left > 2 ? UInt32(bytes[index + 2]) : 0
                let group = UInt32(bytes[index]) << 16 | second << 8 | third
                span.append(character(group >> 18, alphabet))
                span.append(character(group >> 12, alphabet))
                if left > 1 { span.append(character(group >> 6, alphabet)) }
                if left > 2 { span.append(character(group, alphabet)) }
                index += 3
            }
        }
    }

    @inlinable
    static func character(_ sextet: UInt32, _ alphabet: Alphabet) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: sextet & 63)
        switch value {
        case 0..<26: return 0x41 + value
        case 26..<52: return 0x61 + (value - 26)
        case 52..<62: return 0x30 + (value - 52)
        case 62: return alphabet == .url ? 0x2D : 0x2B
        default: return alphabet == .url ? 0x5F : 0x2F
        }
    }

    private static func decodeStrict(_ text: Bytes, _ alphabet: Alphabet, into output: inout [UInt8]) -> Bool {
        guard text.count % 4 != 1 else { return false }
        let start = output.count
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for character in text.buffer {
            guard let value = value(of: character, alphabet) else {
                output.removeLast(output.count - start)
                return false
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        guard bits & (1 << count - 1) == 0 else {
            output.removeLast(output.count - start)
            return false
        }
        return true
    }

    private static func value(of character: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case 0x2B where alphabet != .url, 0x2D where alphabet != .standard: 62
        case 0x2F where alphabet != .url, 0x5F where alphabet != .standard: 63
        default: nil
        }
    }
}
