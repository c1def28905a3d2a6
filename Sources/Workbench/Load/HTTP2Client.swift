// The client's side of an HTTP/2 connection: nghttp2 between bytes and calls. It knows nothing of sockets.

import CNative.HTTP2
import Bytes

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
    func fill(_ frame: UnsafeMutableBufferPointer<UInt8>, of id: Int32) -> (count: Int, isLast: Bool) {
        guard let call = calls[id] else { return (0, true) }
        let count = min(frame.count, call.request.count - call.sent)
        _ = frame.update(fromContentsOf: call.request[call.sent..<call.sent + count])
        call.sent += count
        return (count, call.sent == call.request.count)
    }

    func received(_ name: Bytes, _ value: Bytes, on id: Int32) {
        if name == ":status" {
            calls[id]?.status = Int(value.string) ?? 0
        } else if name == "grpc-status" {
            calls[id]?.grpcStatus = Int(value.string) ?? -1
        }
    }

    func received(_ data: UnsafeBufferPointer<UInt8>, on id: Int32) {
        calls[id]?.body.append(contentsOf: data)
    }

    func closed(_ id: Int32, code: UInt32) {
        guard let call = calls.removeValue(forKey: id) else { return }
        if code != NGHTTP2_NO_ERROR.rawValue { call.status = 0 }
        ended(call)
    }
}
