// Writes a CheckRequest. The HTTP modes build one from a request line and headers; tools and tests send them.

import Bytes

/// A CheckRequest in the making: its parts are set, then encoded.
public struct CheckRequestBuilder: Sendable {
    /// A header, or an entry of `context_extensions`.
    public struct Header: Sendable, Equatable {
        /// The name, in lower case where it is a header's.
        public var name: [UInt8]
        /// The value.
        public var value: [UInt8]

        /// A header.
        public init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// `attributes.request.http.id`
    public var id: [UInt8] = []
    /// `attributes.request.http.method`
    public var method: [UInt8]
    /// `attributes.request.http.path`, with the query.
    public var path: [UInt8]
    /// `attributes.request.http.host`
    public var host: [UInt8]
    /// `attributes.request.http.scheme`
    public var scheme: [UInt8]
    /// `attributes.request.http.protocol`
    public var httpProtocol: [UInt8] = Array("HTTP/1.1".utf8)
    /// `attributes.request.http.raw_body`; nil when the body is not sent along.
    public var body: [UInt8]?
    /// Sends the body as `body`, a string, as Envoy does when `pack_as_bytes` is off. The body must be UTF-8 then.
    public var sendsBodyAsText = false
    /// `attributes.request.http.size` in bytes; nil for the body's length.
    public var size: Int64?
    /// `attributes.request.time`: seconds since 1970. The time is left out where this and ``timeNanos`` are 0.
    public var timeSeconds: Int64 = 0
    /// `attributes.request.time`: nanoseconds of the second, 0 to 999,999,999.
    public var timeNanos: Int32 = 0
    /// `attributes.source.address`: an IP address; empty for a request without one.
    public var sourceAddress: [UInt8] = []
    /// `attributes.source.address`: the port.
    public var sourcePort: UInt32 = 0
    /// `attributes.source.principal`
    public var sourcePrincipal: [UInt8] = []
    /// `attributes.destination.address`: an IP address; empty for a request without one.
    public var destinationAddress: [UInt8] = []
    /// `attributes.destination.address`: the port.
    public var destinationPort: UInt32 = 0
    /// `attributes.context_extensions`
    public var contextExtensions: [Header] = []
    /// Writes headers as `header_map` with raw values, as Envoy does with `encode_raw_headers`; else as `headers`.
    public var usesHeaderMap = false
    /// The headers, in the order in which they were added.
    public private(set) var headers: [Header] = []

    /// A request with these parts.
    public init(method: String = "GET", scheme: String = "https", host: String = "", path: String = "/") {
        self.method = Array(method.utf8)
        self.scheme = Array(scheme.utf8)
        self.host = Array(host.utf8)
        self.path = Array(path.utf8)
    }

    /// Adds a header; its name is made lower-case.
    public mutating func addHeader(_ name: Bytes, _ value: Bytes) {
        let lowercase = name.buffer.map { byte in ASCII.isUpper(byte) ? byte | 0x20 : byte }
        headers.append(Header(name: lowercase, value: value.array))
    }

    /// Adds a header; its name is made lower-case.
    public mutating func addHeader(_ name: String, _ value: String) {
        addHeader(Array(name.utf8), Array(value.utf8))
    }

    /// Adds a header; its name is made lower-case.
    public mutating func addHeader(_ name: [UInt8], _ value: [UInt8]) {
        name.withBytes { name in value.withBytes { value in addHeader(name, value) } }
    }

    /// The protobuf message.
    public func encode() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { attributes in
            write(address: sourceAddress, port: sourcePort, principal: sourcePrincipal, as: 1, to: &attributes)
            write(address: destinationAddress, port: destinationPort, principal: [], as: 2, to: &attributes)
            attributes.message(4) { request in
                writeTime(to: &request)
                request.message(2) { http in writeHTTP(to: &http) }
            }
            for entry in contextExtensions { write(entry, as: 10, to: &attributes) }
        }
        return writer.bytes
    }

    private func write(
        address: [UInt8], port: UInt32, principal: [UInt8], as field: Int, to writer: inout ProtobufWriter
    ) {
        guard !address.isEmpty || !principal.isEmpty else { return }
        writer.message(field) { peer in
            if !address.isEmpty {
                peer.message(1) { oneof in
                    oneof.message(1) { socket in
                        socket.bytes(2, address)
                        socket.varint(3, UInt64(port))
                    }
                }
            }
            if !principal.isEmpty { peer.bytes(4, principal) }
        }
    }

    private func writeTime(to writer: inout ProtobufWriter) {
        guard timeSeconds != 0 || timeNanos != 0 else { return }
        writer.message(1) { time in
            if timeSeconds != 0 { time.int64(1, timeSeconds) }
            if timeNanos != 0 { time.int64(2, Int64(timeNanos)) }
        }
    }

    private func writeHTTP(to http: inout ProtobufWriter) {
        writeNonEmpty(1, id, to: &http)
        writeNonEmpty(2, method, to: &http)
        if !usesHeaderMap { for header in joinedHeaders() { write(header, as: 3, to: &http) } }
        writeNonEmpty(4, path, to: &http)
        writeNonEmpty(5, host, to: &http)
        writeNonEmpty(6, scheme, to: &http)
        let size = size ?? Int64(body?.count ?? 0)
        if size != 0 { http.int64(9, size) }
        writeNonEmpty(10, httpProtocol, to: &http)
        writeNonEmpty(sendsBodyAsText ? 11 : 12, body ?? [], to: &http)
        guard usesHeaderMap else { return }
        http.message(13) { map in
            for header in headers {
                map.message(1) { value in
                    value.bytes(1, header.name)
                    value.bytes(3, header.value)
                }
            }
        }
    }

    private func writeNonEmpty(_ field: Int, _ value: [UInt8], to writer: inout ProtobufWriter) {
        if !value.isEmpty { writer.bytes(field, value) }
    }

    private func write(_ entry: Header, as field: Int, to writer: inout ProtobufWriter) {
        writer.message(field) { map in
            map.bytes(1, entry.name)
            map.bytes(2, entry.value)
        }
    }

    /// The headers by name. A map holds each name once, so values of the same name are joined as Envoy joins them.
    private func joinedHeaders() -> [Header] {
        var positions: [[UInt8]: Int] = [:]
        var joined: [Header] = []
        for header in headers {
            if let position = positions[header.name] {
                joined[position].value.append(header.name == Array("cookie".utf8) ? "; " : ",")
                joined[position].value += header.value
            } else {
                positions[header.name] = joined.count
                joined.append(header)
            }
        }
        return joined
    }
}
