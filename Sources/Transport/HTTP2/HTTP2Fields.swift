// Header fields that are the same in every answer: made once, never freed, not copied by nghttp2.

import CNative.HTTP2
import Bytes

/// Header fields whose bytes are never freed.
struct StaticFields: @unchecked Sendable {
    // @unchecked Sendable: written by init alone; nghttp2 only reads them, although its prototypes have no `const`.

    let base: UnsafeMutablePointer<nghttp2_nv>
    let count: Int

    init(_ fields: [(StaticString, StaticString)]) {
        base = .allocate(capacity: fields.count)
        count = fields.count
        for (index, field) in fields.enumerated() {
            (base + index).initialize(to: nghttp2_nv(name: Bytes(field.0), value: Bytes(field.1), isStatic: true))
        }
    }

    /// The head of every answer to a gRPC call.
    static let callHead = StaticFields([(":status", "200"), ("content-type", "application/grpc")])
    /// The trailers of every call that succeeded.
    static let callEnd = StaticFields([("grpc-status", "0")])
}

extension nghttp2_nv {
    /// A field; nghttp2 copies the bytes at once unless `isStatic`.
    init(name: Bytes, value: Bytes, isStatic: Bool) {
        let flags = isStatic ? NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue : 0
        self.init(
            name: UnsafeMutablePointer(mutating: name.buffer.baseAddress),
            value: UnsafeMutablePointer(mutating: value.buffer.baseAddress),
            namelen: name.count,
            valuelen: value.count,
            flags: UInt8(truncatingIfNeeded: flags)
        )
    }

    init(_ name: StaticString, _ value: StaticString) {
        self.init(name: Bytes(name), value: Bytes(value), isStatic: true)
    }
}
