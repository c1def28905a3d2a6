// The client's side of an HTTP/2 connection, as bytes: what h2load or Envoy sends for calls of Check.
//
// Written by hand, so that a measurement of the server's session has no client's work in it. As with every HPACK encoder the first
// call spells its header fields out and the next ones name them by index.

/// Frames of a client that calls Check again and again.
struct ClientFrames {
    private var nextStream: UInt32 = 1

    /// The connection preface: settings, with windows that never close, so that answers need no permission.
    static let preface: [UInt8] =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        + frame(type: 4, flags: 0, stream: 0, [0, 4, 0x7f, 0xff, 0xff, 0xff])
        + frame(type: 8, flags: 0, stream: 0, [0x7f, 0xff, 0, 0])

    /// HEADERS and DATA of the next call, whose message is `message`.
    mutating func call(_ message: [UInt8]) -> [UInt8] {
        let stream = nextStream
        nextStream += 2
        let length = UInt32(message.count)
        let prefixed = [0] + Self.bigEndian(length) + message
        return Self.frame(type: 1, flags: 4, stream: stream, stream == 1 ? Self.spelledFields : Self.indexedFields)
            + Self.frame(type: 0, flags: 1, stream: stream, prefixed)
    }

    /// `:method POST`, `:scheme http`, then fields that enter the dynamic table.
    private static let spelledFields: [UInt8] =
        [0x83, 0x86]
        + [0x44] + text("/envoy.service.auth.v3.Authorization/Check")
        + [0x41] + text("127.0.0.1:9001")
        + [0x5f] + text("application/grpc")
        + [0x40] + text("te") + text("trailers")
        + [0x40] + text("grpc-timeout") + text("200m")

    /// The same by index: the dynamic table begins at 62, the newest first.
    private static let indexedFields: [UInt8] = [0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe]

    private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func frame(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        bigEndian(UInt32(payload.count)).dropFirst() + [type, flags] + bigEndian(stream) + payload
    }
}
