// How a request is put together from header fields, and an answer taken apart into them.

import CNative.HTTP2
import Bytes

extension Exchange {
    /// Notes a field of the head. Beyond `maxBytes` or `maxFields` nothing is kept any more.
    func receive(_ name: Bytes, _ value: Bytes, maxBytes: Int, maxFields: Int) {
        if head.size + name.count + value.count + 32 > maxBytes || head.fieldCount >= maxFields { flaw = .largeHead }
        guard flaw == nil else { return head.count(name, value) }
        guard name.first == UInt8(ascii: ":") else { return head.addField(name, value) }
        switch name.count {
        case 5 where name == ":path": head.setPath(value)
        case 7 where name == ":method": head.setMethod(value)
        case 7 where name == ":scheme": head.setScheme(value)
        case 10 where name == ":authority": head.setAuthority(value)
        default: break
        }
    }

    /// Copies the next part of the answer's body, as much as there is room for. Returns its size.
    func copyBody(into frame: UnsafeMutableBufferPointer<UInt8>) -> Int {
        reply.body.withUnsafeBytes { body in
            let count = min(body.count - written, frame.count)
            guard count > 0 else { return 0 }
            UnsafeMutableRawBufferPointer(frame).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: body[written..<written + count]))
            written += count
            return count
        }
    }

    /// The one header block of a gRPC error.
    func withErrorFields(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> Void) {
        var fields = [nghttp2_nv(":status", "200"), nghttp2_nv("content-type", "application/grpc")]
        appendStatus(to: &fields)
        withReplyFields(fields, body)
    }

    /// The trailers of a gRPC call that failed.
    func withTrailers(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> Void) {
        var fields: [nghttp2_nv] = []
        appendStatus(to: &fields)
        fields.withUnsafeBufferPointer(body)
    }

    /// The header block of a plain answer.
    func withHTTPFields(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> Void) {
        var digits: [UInt8] = []
        digits.append(decimal: reply.status)
        let split = digits.count
        digits.append(decimal: reply.body.count)
        digits.withBytes { digits in
            var fields = [nghttp2_nv(name: Bytes(":status"), value: digits.prefix(split), isStatic: false)]
            if let type = reply.contentType { fields.append(nghttp2_nv("content-type", type)) }
            fields.append(nghttp2_nv(name: Bytes("content-length"), value: digits.dropFirst(split), isStatic: false))
            withReplyFields(fields, body)
        }
    }

    private func appendStatus(to fields: inout [nghttp2_nv]) {
        fields.append(nghttp2_nv("grpc-status", reply.grpcStatus.digits))
        if !Bytes(reply.grpcMessage).isEmpty { fields.append(nghttp2_nv("grpc-message", reply.grpcMessage)) }
    }

    private func withReplyFields(_ fields: [nghttp2_nv], _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Void) {
        let added = reply.fields
        withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.count + added.count) { all in
            var index = all.initialize(fromContentsOf: fields)
            added.withFields { name, value in
                all.initializeElement(at: index, to: nghttp2_nv(name: name, value: value, isStatic: false))
                index += 1
            } whileValid: {
                body(UnsafeBufferPointer(all))
            }
        }
    }
}

extension nghttp2_settings_entry {
    init(_ id: nghttp2_settings_id, _ value: Int) {
        self.init(settings_id: Int32(id.rawValue), value: UInt32(clamping: value))
    }
}
