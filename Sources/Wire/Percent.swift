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
    @inlinable
    public static func encode(_ bytes: Bytes, into output: inout [UInt8]) {
        output.append(addingCapacity: 3 * bytes.count) { (span: inout OutputSpan<UInt8>) in
            span.appendEach(of: bytes, atMost: 3) { byte, room in
                room[0] = byte
                if isUnreserved(byte) { return 1 }
                room[0] = 0x25
                putHex(byte, at: room + 1)
                return 3
            }
        }
    }

    /// Appends `encode(encode(bytes))`: parameters inside a signature base string are encoded twice.
    @inlinable
    public static func encodeTwice(_ bytes: Bytes, into output: inout [UInt8]) {
        output.append(addingCapacity: 5 * bytes.count) { (span: inout OutputSpan<UInt8>) in
            span.appendEach(of: bytes, atMost: 5) { byte, room in
                room[0] = byte
                if isUnreserved(byte) { return 1 }
                (room[0], room[1], room[2]) = (0x25, 0x32, 0x35)
                putHex(byte, at: room + 3)
                return 5
            }
        }
    }

    /// How encoded text is read.
    public enum Reading: Sendable {
        /// `%XX` alone.
        case percent
        /// `%XX`, and `+` as a space.
        case form
    }

    /// Appends `encodeTwice(decode(bytes))`, or of `decodeForm(bytes)`.
    public static func encodeTwice(decoding bytes: Bytes, _ reading: Reading, into output: inout [UInt8]) {
        let plus: UInt8 = reading == .form ? 0x20 : 0x2B
        output.append(addingCapacity: 5 * bytes.count) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { buffer, count in
                guard let start = buffer.baseAddress.map({ $0 + count }), let input = bytes.buffer.baseAddress else {
                    return
                }
                var room = start
                var index = 0
                let end = bytes.count
                // Unsafe writes: no byte that is read makes more than five, for which there is room.
                while index < end {
                    var byte = input[index]
                    index += 1
                    if isUnreserved(byte) {
                        room[0] = byte
                        room += 1
                        continue
                    }
                    if byte == 0x25, index + 1 < end, let high = hexValue(input[index]),
                        let low = hexValue(input[index + 1])
                    {
                        byte = high << 4 | low
                        index += 2
                    } else if byte == 0x2B {
                        byte = plus
                    }
                    if isUnreserved(byte) {
                        room[0] = byte
                        room += 1
                    } else {
                        (room[0], room[1], room[2]) = (0x25, 0x32, 0x35)
                        putHex(byte, at: room + 3)
                        room += 5
                    }
                }
                count += room - start
            }
        }
    }

    /// Appends what was encoded twice: the inverse of ``encodeTwice(_:into:)``.
    public static func decodeTwice(_ bytes: Bytes, into output: inout [UInt8]) {
        var start = 0
        while let escape = bytes.firstIndex(of: 0x25, from: start), escape + 4 < bytes.count,
            let high = hexValue(bytes[escape + 3]), let low = hexValue(bytes[escape + 4])
        {
            output.append(bytes[start..<escape])
            output.append(high << 4 | low)
            start = escape + 5
        }
        output.append(bytes[start..<bytes.count])
    }

    /// Appends `bytes` with each `%XX` decoded. A `%` that two hex digits don't follow stays as it is.
    @inlinable
    public static func decode(_ bytes: Bytes, into output: inout [UInt8]) {
        decode(bytes, plus: 0x2B, into: &output)
    }

    /// Appends `bytes` with each `%XX` decoded and `+` as a space, as PHP's `urldecode` does. A `%` that two hex digits
    /// don't follow stays as it is.
    @inlinable
    public static func decodeForm(_ bytes: Bytes, into output: inout [UInt8]) {
        decode(bytes, plus: 0x20, into: &output)
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

    @inlinable
    static func decode(_ bytes: Bytes, plus: UInt8, into output: inout [UInt8]) {
        output.append(addingCapacity: bytes.count) { (span: inout OutputSpan<UInt8>) in
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                if byte == 0x25, index + 1 < bytes.count, let high = hexValue(bytes[index]),
                    let low = hexValue(bytes[index + 1])
                {
                    span.append(high << 4 | low)
                    index += 2
                } else {
                    span.append(byte == 0x2B ? plus : byte)
                }
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

extension OutputSpan where Element == UInt8 {
    /// Appends what `put` writes for each byte: at most `most` bytes at the place it is given, and it says how many.
    @inlinable
    mutating func appendEach(
        of bytes: Bytes, atMost most: Int, _ put: (_ byte: UInt8, _ room: UnsafeMutablePointer<UInt8>) -> Int
    ) {
        // Unsafe writes, within the room that is made sure of first.
        precondition(bytes.count <= freeCapacity / most, "no room was made for it")
        withUnsafeMutableBufferPointer { buffer, count in
            guard var room = buffer.baseAddress.map({ base in base + count }) else { return }
            let start = room
            for byte in bytes.buffer { room += put(byte, room) }
            count += room - start
        }
    }
}
