// HTTP/2 frames by hand (RFC 9113 section 4.1), for what a well-behaved client would not send.

enum RawFrames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), type, flags]
            + bytes(stream) + payload
    }

    static func data(_ stream: UInt32, _ payload: [UInt8], ends: Bool) -> [UInt8] {
        frame(0, flags: ends ? endStream : 0, stream: stream, payload)
    }

    static func headers(_ stream: UInt32, _ fields: [(String, String)], ends: Bool, endsHead: Bool = true) -> [UInt8] {
        frame(1, flags: (ends ? endStream : 0) | (endsHead ? endHeaders : 0), stream: stream, block(fields))
    }

    static func reset(_ stream: UInt32) -> [UInt8] { frame(3, stream: stream, bytes(8)) }
    static var settings: [UInt8] { frame(4) }
    static var ping: [UInt8] { frame(6, [UInt8](repeating: 7, count: 8)) }

    /// The fields of a POST.
    static func post(_ path: String) -> [(String, String)] {
        [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "gate.test")]
    }

    /// HPACK literals without indexing (RFC 7541 section 6.2.2), strings as they are.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0x00] + string($0.0) + string($0.1) }
    }

    /// A literal that enters the dynamic table as its newest entry (section 6.2.1).
    static func indexedLiteral(_ name: String, _ value: String) -> [UInt8] { [0x40] + string(name) + string(value) }

    static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var length: [UInt8] = [127]
        var rest = bytes.count - 127
        while rest >= 128 {
            length.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }
}
