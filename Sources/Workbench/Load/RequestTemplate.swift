// The same request for everybody but for its credentials: as a CheckRequest, as Envoy describes it, and in HTTP/1.1.

import Bytes
import EnvoyProtocol

/// What all requests have in common: a browser's headers. One with short credentials has another header in their place, as
/// browsers have many more: all requests are of about one size, and so is what they cost any server to take in.
struct RequestTemplate {
    /// Bytes of all names and values, as near as can be.
    private static let size = 1250
    private static let filler = [UInt8](repeating: UInt8(ascii: "f"), count: size)

    private static let headers: [(name: StaticString, value: String)] = [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-encoding", "gzip, deflate, br, zstd"), ("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
    ]
    /// What Envoy adds.
    private static let edgeHeaders: [(name: StaticString, value: String)] = [
        (":method", "GET"), (":scheme", "http"), (":authority", OAuth1Signer.host), (":path", OAuth1Signer.target),
        ("x-forwarded-for", "203.0.113.5"), ("x-forwarded-proto", "http"),
        ("x-request-id", "b1946ac9-2492-4d23-84c6-235b45d2611e"),
    ]

    /// `AttributeContext.source`
    private let source: [UInt8]
    /// `AttributeContext.HttpRequest` but for id and credentials.
    private let http: [UInt8]
    private let requestLine: [UInt8]
    /// Bytes that are left for credentials.
    private let room: Int

    init() {
        let all = Self.edgeHeaders + Self.headers
        room = all.reduce(Self.size) { $0 - $1.name.utf8CodeUnitCount - $1.value.utf8.count }
        var writer = ProtobufWriter()
        writer.message(1) { source in
            source.message(1) { address in
                address.message(1) { socket in
                    socket.string(2, "203.0.113.5")
                    socket.varint(3, 40_000)
                }
            }
        }
        source = writer.bytes
        writer = ProtobufWriter()
        for (field, text) in [
            (2, "GET"), (4, OAuth1Signer.target), (5, OAuth1Signer.host), (6, "http"), (10, "HTTP/2"),
        ] {
            writer.string(field, text)
        }
        for (name, value) in all { Self.writeHeader(name, Array(value.utf8)[...], to: &writer) }
        http = writer.bytes
        let lines = Self.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        requestLine = Array("GET \(OAuth1Signer.target) HTTP/1.1\r\nhost: \(OAuth1Signer.host)\r\n\(lines)".utf8)
    }

    /// Appends a gRPC message: a CheckRequest.
    func writeCheck(id: [UInt8], _ authorization: [UInt8], cookie: [UInt8], to output: inout [UInt8]) {
        let start = GRPCFrame.begin(in: &output)
        ProtobufWriter.append(to: &output) { message in
            message.message(1) { attributes in
                attributes.bytes += source
                attributes.message(4) { request in
                    request.message(2) { http in
                        http.bytes(1, id)
                        http.bytes += self.http
                        forEachHeader(authorization, cookie) { name, value in
                            Self.writeHeader(name, value, to: &http)
                        }
                    }
                }
            }
        }
        GRPCFrame.end(start, in: &output)
    }

    /// Calls `body` with the headers that are not the same for all.
    private func forEachHeader(
        _ authorization: [UInt8], _ cookie: [UInt8], _ body: (StaticString, ArraySlice<UInt8>) -> Void
    ) {
        if !authorization.isEmpty { body("authorization", authorization[...]) }
        if !cookie.isEmpty { body("cookie", cookie[...]) }
        let missing = room - authorization.count - cookie.count
        if missing > 0 { body("x-filler", Self.filler.prefix(missing)) }
    }

    private static func writeHeader(_ name: StaticString, _ value: ArraySlice<UInt8>, to http: inout ProtobufWriter) {
        http.message(3) { entry in
            entry.string(1, name)
            value.withUnsafeBufferPointer { entry.bytes(2, Bytes($0)) }
        }
    }

    /// Appends an HTTP/1.1 request.
    func writeHTTP(_ authorization: [UInt8], cookie: [UInt8], to output: inout [UInt8]) {
        output += requestLine
        forEachHeader(authorization, cookie) { name, value in
            output.append(name)
            output.append(": ")
            output += value
            output.append("\r\n")
        }
        output.append("\r\n")
    }
}
