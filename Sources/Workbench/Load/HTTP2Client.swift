// The client's side of an HTTP/2 connection: nghttp2 between bytes and calls. It knows nothing of sockets.

import CNative.HTTP2
import Wire

/// An HTTP/2 connection to a server. Belongs to one event loop.
final class HTTP2Client {
    /// Called with each call that has ended. Its status is 0 when the stream was reset.
    var ended: (LoadCall) -> Void = { _ in }
    private(set) var hasFailed = false

    private var session: OpaquePointer?
    private let fields: RequestFields
    /// Calls by stream; they are the session's until they end.
    private var calls: [Int32: LoadCall] = [:]

    init(fields: RequestFields) {
        self.fields = fields
        hasFailed = !makeSession() || !announce()
    }

    deinit { nghttp2_session_del(session) }

    private func makeSession() -> Bool {
        var option: OpaquePointer?
        guard nghttp2_option_new(&option) == 0 else { return false }
        defer { nghttp2_option_del(option) }
        nghttp2_option_set_no_closed_streams(option, 1)
        let user = Unmanaged.passUnretained(self).toOpaque()
        return nghttp2_session_client_new2(&session, ClientCallbacks.shared.callbacks, user, option) == 0
    }

    /// Windows so wide that no answer waits for permission.
    private func announce() -> Bool {
        let settings = [
            nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: 1 << 20),
        ]
        return nghttp2_submit_settings(session, 0, settings, settings.count) == 0
            && nghttp2_session_set_local_window_size(session, 0, 0, 1 << 26) == 0
    }

    /// Begins a call; more than the server allows at a time wait in line.
    func start(_ call: LoadCall) {
        var provider = nghttp2_data_provider(source: nghttp2_data_source(), read_callback: readRequest)
        let id = nghttp2_submit_request(session, nil, fields.base, fields.count, &provider, nil)
        if id > 0 { calls[id] = call } else { hasFailed = true }
    }

    /// Takes what the server sent.
    func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !hasFailed, let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        if nghttp2_session_mem_recv(session, base, bytes.count) < 0 { hasFailed = true }
    }

    /// The next bytes for the server, valid until the client is called again; nil when there are none for now.
    func nextOutput() -> UnsafeRawBufferPointer? {
        guard !hasFailed else { return nil }
        var base: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(session, &base)
        if count < 0 { hasFailed = true }
        return count > 0 ? UnsafeRawBufferPointer(start: base, count: count) : nil
    }
}

// MARK: - What nghttp2 says

extension HTTP2Client {
    fileprivate func fill(_ frame: UnsafeMutableBufferPointer<UInt8>, of id: Int32) -> (count: Int, isLast: Bool) {
        guard let call = calls[id] else { return (0, true) }
        let count = min(frame.count, call.request.count - call.sent)
        _ = frame.update(fromContentsOf: call.request[call.sent..<call.sent + count])
        call.sent += count
        return (count, call.sent == call.request.count)
    }

    fileprivate func received(_ name: Bytes, _ value: Bytes, on id: Int32) {
        if name == ":status" {
            calls[id]?.status = Int(value.string) ?? 0
        } else if name == "grpc-status" {
            calls[id]?.grpcStatus = Int(value.string) ?? -1
        }
    }

    fileprivate func received(_ data: UnsafeBufferPointer<UInt8>, on id: Int32) {
        calls[id]?.body.append(contentsOf: data)
    }

    fileprivate func closed(_ id: Int32, code: UInt32) {
        guard let call = calls.removeValue(forKey: id) else { return }
        if code != NGHTTP2_NO_ERROR.rawValue { call.status = 0 }
        ended(call)
    }
}

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

// MARK: - Callbacks

/// The functions that nghttp2 calls, which capture nothing. A session calls back only from within calls of its owner.
private struct ClientCallbacks: @unchecked Sendable {
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

private let readRequest: nghttp2_data_source_read_callback = { _, id, buffer, capacity, flags, _, user in
    let (count, isLast) = owner(user).fill(UnsafeMutableBufferPointer(start: buffer, count: capacity), of: id)
    if isLast { flags?.pointee = NGHTTP2_DATA_FLAG_EOF.rawValue }
    return count
}
