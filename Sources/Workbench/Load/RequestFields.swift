// Header fields as nghttp2 takes them.

import CNative.HTTP2

/// The header fields of all requests, which nghttp2 does not copy.
final class RequestFields {
    private let texts: [UnsafeMutableBufferPointer<UInt8>]
    private let fields: UnsafeMutableBufferPointer<nghttp2_nv>

    init(_ pairs: [(name: String, value: String)]) {
        let flags = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        var texts: [UnsafeMutableBufferPointer<UInt8>] = []
        fields = .allocate(capacity: pairs.count)
        for (index, pair) in pairs.enumerated() {
            let (name, value) = (Self.copy(pair.name), Self.copy(pair.value))
            texts += [name, value]
            fields.initializeElement(
                at: index,
                to: nghttp2_nv(
                    name: name.baseAddress, value: value.baseAddress, namelen: name.count, valuelen: value.count,
                    flags: flags))
        }
        self.texts = texts
    }

    deinit {
        for text in texts { text.deallocate() }
        fields.deallocate()
    }

    var base: UnsafePointer<nghttp2_nv>? { UnsafePointer(fields.baseAddress) }
    var count: Int { fields.count }

    private static func copy(_ text: String) -> UnsafeMutableBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
        _ = copy.initialize(fromContentsOf: Array(text.utf8))
        return copy
    }
}
