// Base64 (RFC 4648), in three readings.
//
// Strict url, for JWT segments (RFC 7515 section 2): no padding, no other character, no stray bits. Strict standard, for
// recorded requests. Lenient, for RSA signatures, as MediaWiki reads them: PHP's `base64_decode` without `strict`.

/// Base64, appended to a buffer that the caller reuses.
public enum Base64 {
    /// Which two characters stand for 62 and 63.
    @usableFromInline
    enum Alphabet {
        /// `+/`
        case standard
        /// `-_`
        case url
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

    /// Writes what unpadded, canonical base64url encodes to `room`, which must have three bytes for four characters.
    /// - Returns: How many bytes it is; nil when `text` is something else.
    public static func decodeURL(_ text: Bytes, to room: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        precondition(room.count >= text.count * 3 / 4, "no room for what is decoded")
        guard let start = room.baseAddress else { return text.isEmpty ? 0 : nil }
        return decodeStrict(text, .url, to: start)
    }

    /// Appends what padded, canonical standard base64 encodes.
    /// - Returns: Whether `text` is that; if not, `output` is as it was.
    public static func decodeStandard(_ text: Bytes, into output: inout [UInt8]) -> Bool {
        guard text.count % 4 == 0 else { return false }
        var length = text.count
        while length > 0, text.count - length < 2, text[length - 1] == 0x3D { length -= 1 }
        return decodeStrict(text.prefix(length), .standard, into: &output)
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

    /// The 64 characters, in order.
    @usableFromInline
    static let standardCharacters: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// The 64 characters, in order.
    @usableFromInline
    static let urlCharacters: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    @usableFromInline
    static func encode(_ bytes: Bytes, _ alphabet: Alphabet, into output: inout [UInt8]) {
        let characters = alphabet == .url ? urlCharacters : standardCharacters
        output.append(addingCapacity: (bytes.count * 4 + 2) / 3) { (span: inout OutputSpan<UInt8>) in
            // Unsafe writes, into the room that was made.
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let room = buffer.baseAddress.map({ base in base + count }) else { return }
                count += encode(bytes, characters.utf8Start, to: room)
            }
        }
    }

    private static func encode(
        _ bytes: Bytes, _ characters: UnsafePointer<UInt8>, to start: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var room = start
        var rest = bytes.buffer[...]
        while rest.count >= 3 {
            let first = rest.startIndex
            put(rest[first], rest[first + 1], rest[first + 2], characters, 4, at: &room)
            rest = rest[(first + 3)...]
        }
        switch rest.count {
        case 1: put(rest[rest.startIndex], 0, 0, characters, 2, at: &room)
        case 2: put(rest[rest.startIndex], rest[rest.startIndex + 1], 0, characters, 3, at: &room)
        default: break
        }
        return room - start
    }

    /// Writes the first `count` characters of three bytes.
    @inline(__always)
    private static func put(
        _ first: UInt8, _ second: UInt8, _ third: UInt8, _ characters: UnsafePointer<UInt8>, _ count: Int,
        at room: inout UnsafeMutablePointer<UInt8>
    ) {
        let group = Int(first) << 16 | Int(second) << 8 | Int(third)
        room[0] = characters[group >> 18]
        room[1] = characters[group >> 12 & 63]
        if count > 2 { room[2] = characters[group >> 6 & 63] }
        if count > 3 { room[3] = characters[group & 63] }
        room += count
    }

    private static func decodeStrict(_ text: Bytes, _ alphabet: Alphabet, into output: inout [UInt8]) -> Bool {
        var isBase64 = false
        output.append(addingCapacity: text.count * 3 / 4) { (span: inout OutputSpan<UInt8>) in
            // Unsafe writes, into the room that was made.
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let room = buffer.baseAddress.map({ base in base + count }) else {
                    return isBase64 = text.isEmpty
                }
                guard let written = decodeStrict(text, alphabet, to: room) else { return }
                count += written
                isBase64 = true
            }
        }
        return isBase64
    }

    private static func decodeStrict(
        _ text: Bytes, _ alphabet: Alphabet, to room: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        guard text.count % 4 != 1 else { return nil }
        let whole = decodeGroups(text.buffer, alphabet, to: room)
        var count = whole / 4 * 3
        return decodeRest(text.dropFirst(whole), alphabet, to: room + count, &count) ? count : nil
    }

    /// Decodes four characters at a time, up to the first that is not of the alphabet. Returns how many characters it were.
    private static func decodeGroups(
        _ text: UnsafeBufferPointer<UInt8>, _ alphabet: Alphabet, to room: UnsafeMutablePointer<UInt8>
    ) -> Int {
        guard let base = text.baseAddress else { return 0 }
        let values = alphabet == .standard ? standardValues : urlValues
        var index = 0
        var target = room
        while index + 4 <= text.count {
            let group =
                values[Int(base[index])] << 18 | values[Int(base[index + 1])] << 12
                | values[Int(base[index + 2])] << 6 | values[Int(base[index + 3])]
            // A character that is not of the alphabet sets bits above the lowest 24, wherever it is shifted to.
            if group >= 1 << 24 { break }
            target[0] = UInt8(truncatingIfNeeded: group >> 16)
            target[1] = UInt8(truncatingIfNeeded: group >> 8)
            target[2] = UInt8(truncatingIfNeeded: group)
            target += 3
            index += 4
        }
        return index
    }

    private static func decodeRest(
        _ text: Bytes, _ alphabet: Alphabet, to room: UnsafeMutablePointer<UInt8>, _ written: inout Int
    ) -> Bool {
        // Whole groups were decoded, unless there is a character that is none.
        guard text.count < 4 else { return false }
        var room = room
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for character in text.buffer {
            guard let value = value(of: character, alphabet) else { return false }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                room[0] = UInt8(truncatingIfNeeded: bits >> count)
                room += 1
                written += 1
            }
        }
        return bits & (1 << count - 1) == 0
    }

    // nonisolated(unsafe): written once, before they are handed out.
    private nonisolated(unsafe) static let standardValues = table(.standard)
    private nonisolated(unsafe) static let urlValues = table(.url)

    /// The values of all characters, for as long as the process lives. A character that is not of the alphabet has all bits
    /// set but the lowest six.
    private static func table(_ alphabet: Alphabet) -> UnsafePointer<UInt32> {
        let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 256)
        for character in 0..<256 {
            table[character] = value(of: UInt8(character), alphabet).map(UInt32.init) ?? ~63
        }
        return UnsafePointer(table)
    }

    private static func value(of character: UInt8, _ alphabet: Alphabet) -> UInt8? {
        let value = values[Int(character)]
        if value < 62 { return value }
        switch character {
        case 0x2B where alphabet == .standard, 0x2D where alphabet == .url: return 62
        case 0x2F where alphabet == .standard, 0x5F where alphabet == .url: return 63
        default: return nil
        }
    }

    /// The values of letters and digits by character; 255 for all others.
    private static let values: InlineArray<256, UInt8> = {
        var values = InlineArray<256, UInt8>(repeating: 255)
        for (value, character) in Bytes(standardCharacters).prefix(62).buffer.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()
}
