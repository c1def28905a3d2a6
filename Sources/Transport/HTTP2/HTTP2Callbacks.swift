// The functions that nghttp2 calls. They capture nothing; their session comes as user data, unretained: nghttp2 calls back only
// from within a call of the session.

import CNative.HTTP2
import Bytes

/// What all sessions are made from: nghttp2 copies both when it makes one.
struct SessionParts: @unchecked Sendable {
    // @unchecked Sendable: both objects are written by init and only read afterwards.

    static let shared = SessionParts()

    private let callbacks: OpaquePointer?

    private init() {
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
        nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, onInvalidHeader)
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData)
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame)
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onFrameSent)
        nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, onFrameNotSent)
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose)
        self.callbacks = callbacks
    }

    /// Makes a session; false when there is no memory for it.
    func makeSession(
        _ session: inout OpaquePointer?, limits: HTTP2Limits, memory: nghttp2_mem, owner: HTTP2Session
    ) -> Bool {
        var option: OpaquePointer?
        guard nghttp2_option_new(&option) == 0 else { return false }
        defer { nghttp2_option_del(option) }
        nghttp2_option_set_no_closed_streams(option, 1)
        // Ours instead (`ConnectionState`): nghttp2's ends the session with requests under way, neither answered nor reset.
        nghttp2_option_set_stream_reset_rate_limit(option, .max, .max)
        // nghttp2 estimates the size, with more for each field than is counted here.
        nghttp2_option_set_max_send_header_block_length(option, 2 * limits.maxAnswerHeadBytes)
        let user = Unmanaged.passUnretained(owner).toOpaque()
        var memory = memory
        return nghttp2_session_server_new3(&session, callbacks, user, option, &memory) == 0
    }
}

/// Calls `body` with the session that nghttp2 was made for. It is calling, so it is there: nothing needs to be counted.
@inline(__always)
private func withOwner<Result>(_ user: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result) -> Result {
    Unmanaged<HTTP2Session>.fromOpaque(user.unsafelyUnwrapped)._withUnsafeGuaranteedRef(body)
}

private let accepted: Int32 = 0

private let onBeginHeaders: nghttp2_on_begin_headers_callback = { _, frame, user in
    guard let frame, frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST else { return accepted }
    withOwner(user) { $0.beginStream(frame.pointee.hd.stream_id) }
    return accepted
}

private let onHeader: nghttp2_on_header_callback = { _, frame, name, nameCount, value, valueCount, _, user in
    guard let frame else { return accepted }
    let name = Bytes(UnsafeBufferPointer(start: name, count: nameCount))
    let value = Bytes(UnsafeBufferPointer(start: value, count: valueCount))
    let id = frame.pointee.hd.stream_id
    let isTrailer = frame.pointee.headers.cat != NGHTTP2_HCAT_REQUEST
    return withOwner(user) { session in
        isTrailer ? session.receivedTrailer(name, value, on: id) : session.received(name, value, on: id)
    }.code
}

/// An invalid field is not dropped silently: the stream is reset.
private let onInvalidHeader: nghttp2_on_invalid_header_callback = { _, _, _, _, _, _, _, _ in
    NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

private let onData: nghttp2_on_data_chunk_recv_callback = { _, _, id, data, count, user in
    withOwner(user) { $0.received(UnsafeBufferPointer(start: data, count: count), on: id) }
    return accepted
}

private let onFrame: nghttp2_on_frame_recv_callback = { _, frame, user in
    guard let frame else { return accepted }
    let header = frame.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
        if frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST { withOwner(user) { $0.endHead(header.stream_id) } }
        fallthrough
    case NGHTTP2_DATA.rawValue:
        if UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0 {
            withOwner(user) { $0.endRequest(header.stream_id) }
        }
    case NGHTTP2_RST_STREAM.rawValue:
        withOwner(user) { $0.receivedReset() }
    case NGHTTP2_PING.rawValue:
        guard UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue != 0 else { break }
        let pong = withUnsafeBytes(of: frame.pointee.ping.opaque_data) { $0.loadUnaligned(as: HTTP2Ping.Payload.self) }
        withOwner(user) { $0.received(pong: pong) }
    default:
        break
    }
    return accepted
}

private let onFrameSent: nghttp2_on_frame_send_callback = { _, frame, user in
    guard let header = frame?.pointee.hd else { return accepted }
    let type = UInt32(header.type)
    if type == NGHTTP2_GOAWAY.rawValue, let frame {
        withOwner(user) { $0.sentGoAway(frame.pointee.goaway.error_code) }
    }
    guard type == NGHTTP2_HEADERS.rawValue || type == NGHTTP2_DATA.rawValue else { return accepted }
    if UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0 {
        withOwner(user) { $0.sentEnd(on: header.stream_id) }
    }
    return accepted
}

private let onFrameNotSent: nghttp2_on_frame_not_send_callback = { _, frame, _, user in
    guard let header = frame?.pointee.hd, UInt32(header.type) == NGHTTP2_HEADERS.rawValue else { return accepted }
    withOwner(user) { $0.notSent(on: header.stream_id) }
    return accepted
}

private let onClose: nghttp2_on_stream_close_callback = { _, id, _, user in
    withOwner(user) { $0.endStream(id) }
    return accepted
}

/// Asked for the next part of an answer's body, when flow control has room for it.
let readBody: nghttp2_data_source_read_callback = { _, id, buffer, capacity, flags, _, user in
    guard let flags else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
    return withOwner(user) { $0.fill(UnsafeMutableBufferPointer(start: buffer, count: capacity), of: id, flags) }
}
