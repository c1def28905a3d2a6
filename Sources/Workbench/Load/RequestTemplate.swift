// The same request for everybody but for its credentials: as a CheckRequest, as Envoy describes it, and in HTTP/1.1.

import Wire

/// What all requests have in common: a browser's headers.
struct RequestTemplate {
    private static let headers: [(name: String, value: String)] = [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-encoding", "gzip, deflate, br, zstd"), ("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
    ]
    /// What Envoy adds.
    private static let edgeHeaders: [(name: String, value: String)] = [
        (":method", "GET"), (":scheme", "http"), (":authority", OAuth1Signer.host), (":path", OAuth1Signer.target),
        ("x-forwarded-for", "203.0.113.5"), ("x-forwarded-proto", "http"),
        ("x-request-id", "b1946ac9-2492-4d23-84c6-235b45d2611e"),
    ]

    /// `AttributeContext.source`
    private let source: [UInt8]
    /// `AttributeContext.HttpRequest` but for id and credentials.
    private let http: [UInt8]
    private let requestLine: [UInt8]

    init() {
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
        for (name, value) in Self.edgeHeaders + Self.headers {
            Self.writeHeader(name, Array(value.utf8), to: &writer)
        }
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
                        if !authorization.isEmpty { Self.writeHeader("authorization", authorization, to: &http) }
                        if !cookie.isEmpty { Self.writeHeader("cookie", cookie, to: &http) }
                    }
                }
            }
        }
        GRPCFrame.end(start, in: &output)
    }

    private static func writeHeader(_ name: String, _ value: [UInt8], to http: inout ProtobufWriter) {
        http.message(3) { entry in
            entry.string(1, name)
            entry.bytes(2, value)
        }
    }

    /// Appends an HTTP/1.1 request.
    func writeHTTP(_ authorization: [UInt8], cookie: [UInt8], to output: inout [UInt8]) {
        output += requestLine
        if !authorization.isEmpty {
            output.append("authorization: ")
            output += authorization
            output.append("\r\n")
        }
        if !cookie.isEmpty {
            output.append("cookie: ")
            output += cookie
            output.append("\r\n")
        }
        output.append("\r\n")
    }
}
