// The functions that nghttp2 calls for a client. They capture nothing: the client comes as user data.

import CNative.HTTP2
import Bytes

/// The functions that nghttp2 calls, which capture nothing. A session calls back only from within calls of its owner.
struct ClientCallbacks: @unchecked Sendable {
    // @unchecked Sendable: written by init, and only read afterwards.
    static let shared = ClientCallbacks()

    let callbacks: OpaquePointer?

    private init() {
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData)
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose)
        self.callbacks = callbacks
    }
}

private func owner(_ user: UnsafeMutableRawPointer?) -> HTTP2Client {
    Unmanaged.fromOpaque(user.unsafelyUnwrapped).takeUnretainedValue()
}

private let onHeader: nghttp2_on_header_callback = { _, frame, name, nameCount, value, valueCount, _, user in
    guard let frame else { return 0 }
    let name = Bytes(UnsafeBufferPointer(start: name, count: nameCount))
    let value = Bytes(UnsafeBufferPointer(start: value, count: valueCount))
    owner(user).received(name, value, on: frame.pointee.hd.stream_id)
    return 0
}

private let onData: nghttp2_on_data_chunk_recv_callback = { _, _, id, data, count, user in
    owner(user).received(UnsafeBufferPointer(start: data, count: count), on: id)
    return 0
}

private let onClose: nghttp2_on_stream_close_callback = { _, id, code, user in
    owner(user).closed(id, code: code)
    return 0
}

/// Asked for the next part of a request's body.
let readRequest: nghttp2_data_source_read_callback = { _, id, buffer, capacity, flags, _, user in
    let (count, isLast) = owner(user).fill(UnsafeMutableBufferPointer(start: buffer, count: capacity), of: id)
    if isLast { flags?.pointee = NGHTTP2_DATA_FLAG_EOF.rawValue }
    return count
}
