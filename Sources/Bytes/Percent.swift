// Percent-encoding (RFC 3986 section 2.1), as OAuth 1 signs with it (RFC 5849 section 3.6) and as PHP reads it.

/// Percent-encoding and -decoding, appended to a buffer that the caller reuses.
public enum Percent {
    /// Whether `byte` stands for itself: a letter, a digit, or one of `-._~` (RFC 3986 section 2.3).
    @inlinable
    public static func isUnreserved(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03FF_6000_0000_0000  // - . 0-9
        let high: UInt64 = 0x47FF_FFFE_87FF_FFFE  // A-Z _ a-z ~
        let set = byte < 64 ? low : byte < 128 ? high : 0
        return set &>> UInt64(byte) & 1 != 0
    }

    /// Appends `bytes` with every byte that is not unreserved as `%XX`, upper-case.
    public static func encode(_ bytes: Bytes, into output: inout [UInt8]) {
        guard var next = bytes.buffer.baseAddress else { return }
        let end = next + bytes.count
        output.append(addingCapacity: 3 * bytes.count) { (span: inout OutputSpan<UInt8>) in
            // Unsafe writes, into the room that was made.
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let start = buffer.baseAddress.map({ base in base + count }) else { return }
                var room = start
                while true {
                    copyUnreserved(&next, until: end, to: &room)
                    guard next < end else { break }
                    room[0] = 0x25
                    putHex(next[0], at: room + 1)
                    room += 3
                    next += 1
                }
                count += room - start
            }
        }
    }

    /// How text is read before it is encoded.
    public enum Reading: Sendable {
        /// As it is.
        case plain
        /// With `%XX` decoded.
        case percent
        /// With `%XX` decoded, and `+` as a space.
        case form
    }

    /// Bytes that `count` bytes become at most when they are encoded twice.
    public static func mostEncodedTwice(_ count: Int) -> Int { 5 * count }

    /// Writes `bytes`, read as `reading` says, encoded twice to `room`, where ``mostEncodedTwice(_:)`` bytes must fit.
    /// - Returns: How many bytes were written, and whether they are the bytes that were read: nothing was encoded.
    public static func encodeTwice(
        decoding bytes: Bytes, _ reading: Reading, to room: UnsafeMutablePointer<UInt8>
    ) -> (count: Int, isVerbatim: Bool) {
        guard var next = bytes.buffer.baseAddress else { return (0, true) }
        let end = next + bytes.count
        var output = room
        var isVerbatim = true
        while true {
            copyUnreserved(&next, until: end, to: &output)
            if next == end { return (output - room, isVerbatim) }
            isVerbatim = false
            encodeReserved(&next, until: end, reading, to: &output)
        }
    }

    /// Writes a value of a form or query, which begins at `next`, encoded twice to `room`, where five times as many bytes must fit
    /// as there are up to `end`. Ends at `&`, and moves `next` there.
    /// - Returns: As ``encodeTwice(decoding:_:to:)``; nil at a control character or `#`, which parsers differ about.
    public static func encodeTwice(
        formValue next: inout UnsafePointer<UInt8>, until end: UnsafePointer<UInt8>,
        to room: UnsafeMutablePointer<UInt8>
    ) -> (count: Int, isVerbatim: Bool)? {
        var output = room
        var isVerbatim = true
        while true {
            copyUnreserved(&next, until: end, to: &output)
            guard next < end, next[0] != 0x26 else { return (output - room, isVerbatim) }
            if next[0] < 0x20 || next[0] == 0x7F || next[0] == 0x23 { return nil }
            isVerbatim = false
            encodeReserved(&next, until: end, .form, to: &output)
        }
    }

    /// Copies what stands for itself, up to the first byte that does not.
    @inline(__always)
    private static func copyUnreserved(
        _ next: inout UnsafePointer<UInt8>, until end: UnsafePointer<UInt8>,
        to output: inout UnsafeMutablePointer<UInt8>
    ) {
        while end - next >= 8, areUnreserved(next) {
            UnsafeMutableRawPointer(output).copyMemory(from: next, byteCount: 8)
            next += 8
            output += 8
        }
        while next < end, isUnreserved(next[0]) {
            output[0] = next[0]
            next += 1
            output += 1
        }
    }

    /// Writes the character at `next`, which does not stand for itself, or the escape.
    @inline(__always)
    private static func encodeReserved(
        _ next: inout UnsafePointer<UInt8>, until end: UnsafePointer<UInt8>, _ reading: Reading,
        to output: inout UnsafeMutablePointer<UInt8>
    ) {
        let byte = decoded(&next, until: end, reading)
        if isUnreserved(byte) {
            output[0] = byte
            output += 1
        } else {
            (output[0], output[1], output[2]) = (0x25, 0x32, 0x35)
            putHex(byte, at: output + 3)
            output += 5
        }
    }

    /// Whether the eight bytes at `text` stand for themselves.
    @inline(__always)
    private static func areUnreserved(_ text: UnsafePointer<UInt8>) -> Bool {
        let word = UnsafeRawPointer(text).loadUnaligned(as: UInt64.self)
        if word & 0x8080_8080_8080_8080 != 0 { return false }
        let isReserved = reservedASCII.utf8Start
        let first =
            isReserved[Int(text[0])] | isReserved[Int(text[1])] | isReserved[Int(text[2])] | isReserved[Int(text[3])]
        let last =
            isReserved[Int(text[4])] | isReserved[Int(text[5])] | isReserved[Int(text[6])] | isReserved[Int(text[7])]
        return first | last == 0
    }

    /// By ASCII character: 0 for those that stand for themselves, 1 for all others.
    private static let reservedASCII: StaticString = """
        \u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\
        \u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\
        \u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{0}\u{0}\u{1}\
        \u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\
        \u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\
        \u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}\u{1}\u{1}\u{1}\u{0}\
        \u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\
        \u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}\u{1}\u{1}\u{0}\u{1}
        """

    /// Writes what was encoded twice to `room`, where as many bytes must fit: the inverse of ``encodeTwice(decoding:_:to:)``.
    /// - Returns: How many bytes were written.
    public static func decodeTwice(_ bytes: Bytes, to room: UnsafeMutablePointer<UInt8>) -> Int {
        var index = 0
        var written = 0
        while index < bytes.count {
            room[written] = bytes[index]
            if bytes[index] == 0x25, index + 4 < bytes.count, let high = hexValue(bytes[index + 3]),
                let low = hexValue(bytes[index + 4])
            {
                room[written] = high << 4 | low
                index += 4
            }
            index += 1
            written += 1
        }
        return written
    }

    /// Writes `bytes`, read as `reading` says, to `room`, where as many bytes must fit.
    /// - Returns: How many bytes were written.
    public static func decode(_ bytes: Bytes, _ reading: Reading, to room: UnsafeMutablePointer<UInt8>) -> Int {
        guard var next = bytes.buffer.baseAddress else { return 0 }
        let end = next + bytes.count
        var output = room
        while true {
            copyUnreserved(&next, until: end, to: &output)
            guard next < end else { return output - room }
            output[0] = decoded(&next, until: end, reading)
            output += 1
        }
    }

    /// The character that the byte or escape at `next` stands for.
    @inline(__always)
    private static func decoded(
        _ next: inout UnsafePointer<UInt8>, until end: UnsafePointer<UInt8>, _ reading: Reading
    ) -> UInt8 {
        let byte = next[0]
        next += 1
        if reading == .plain { return byte }
        if byte == 0x2B, reading == .form { return 0x20 }
        guard byte == 0x25, end - next >= 2, let high = hexValue(next[0]), let low = hexValue(next[1]) else {
            return byte
        }
        next += 2
        return high << 4 | low
    }

    /// Appends `bytes` with each `%XX` decoded. A `%` that two hex digits don't follow stays as it is.
    @inlinable
    public static func decode(_ bytes: Bytes, into output: inout [UInt8]) {
        decode(bytes, .percent, into: &output)
    }

    /// Appends `bytes` with each `%XX` decoded and `+` as a space, as PHP's `urldecode` does. A `%` that two hex digits
    /// don't follow stays as it is.
    @inlinable
    public static func decodeForm(_ bytes: Bytes, into output: inout [UInt8]) {
        decode(bytes, .form, into: &output)
    }

    /// The value of a hex digit of either case, nil for another byte.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    @usableFromInline
    static func decode(_ bytes: Bytes, _ reading: Reading, into output: inout [UInt8]) {
        output.append(addingCapacity: bytes.count) { (span: inout OutputSpan<UInt8>) in
            // Unsafe writes, into the room that was made.
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let room = buffer.baseAddress.map({ base in base + count }) else { return }
                count += decode(bytes, reading, to: room)
            }
        }
    }

    @inlinable
    static func putHex(_ byte: UInt8, at room: UnsafeMutablePointer<UInt8>) {
        let high = byte >> 4
        let low = byte & 15
        room[0] = high + (high < 10 ? 0x30 : 0x37)
        room[1] = low + (low < 10 ? 0x30 : 0x37)
    }
}
