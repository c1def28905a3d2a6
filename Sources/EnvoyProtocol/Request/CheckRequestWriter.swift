// Writes the CheckRequest that Envoy would have sent over gRPC, from a request that came in HTTP's own form: from views, into memory
// that is used again, without a copy in between.

import Bytes

/// What a CheckRequest says about a request beside its header fields.
package struct CheckRequestParts {
    /// The method.
    package var method = Bytes.empty
    /// The path with its query.
    package var path = Bytes.empty
    /// The authority.
    package var host = Bytes.empty
    /// `http` or `https`.
    package var scheme = Bytes.empty
    /// The IP address that the request came from; empty when there is none.
    package var sourceAddress = Bytes.empty
    /// Its port.
    package var sourcePort: UInt32 = 0
    /// The body, as far as it is known.
    package var body = Bytes.empty
    /// Bytes of the whole body; −1 when that is not known.
    package var bodySize: Int64 = 0

    /// Nothing yet.
    package init() {}

    /// Appends the message to `message`. `addFields` calls what it is given with each header field, whose name is lower-case.
    package func write(to message: inout [UInt8], fields addFields: ((Bytes, Bytes) -> Void) -> Void) {
        ProtobufWriter.append(to: &message) { writer in
            writer.message(1) { attributes in
                if !sourceAddress.isEmpty { writeSource(to: &attributes) }
                attributes.message(4) { request in
                    request.message(2) { http in writeHTTP(to: &http, fields: addFields) }
                }
            }
        }
    }

    private func writeSource(to attributes: inout ProtobufWriter) {
        attributes.message(1) { peer in
            peer.message(1) { address in
                address.message(1) { socket in
                    socket.bytes(2, sourceAddress)
                    socket.varint(3, UInt64(sourcePort))
                }
            }
        }
    }

    private func writeHTTP(to http: inout ProtobufWriter, fields addFields: ((Bytes, Bytes) -> Void) -> Void) {
        http.bytes(2, method)
        http.bytes(4, path)
        http.bytes(5, host)
        http.bytes(6, scheme)
        if bodySize != 0 { http.int64(9, bodySize) }
        if !body.isEmpty { http.bytes(12, body) }
        // The list, not the map: what came several times is joined when it is read.
        http.message(13) { map in addFields { name, value in map.headerValue(name, value) } }
    }
}

extension ProtobufWriter {
    /// An entry of `HeaderMap`: `HeaderValue` with a raw value.
    fileprivate mutating func headerValue(_ name: Bytes, _ value: Bytes) {
        let length = Self.size(1, length: name.count) + Self.size(3, length: value.count)
        bytes.append(addingCapacity: 40 + length) { (span: inout OutputSpan<UInt8>) in
            span.beginMessage(1, length: length)
            span.appendDelimited(1, name)
            span.appendDelimited(3, value)
        }
    }
}
