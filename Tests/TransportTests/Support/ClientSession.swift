// The other end of an HTTP/2 connection: nghttp2's client. It is strict about what the server sends.

import CNative.HTTP2
import Bytes
import EnvoyProtocol

final class ClientSession {
    struct Response: Equatable {
        var fields: [String: String] = [:]
        var trailers: [String: String] = [:]
        var body: [UInt8] = []
        /// Error code of the stream's end, nil while it is open.
        var closed: UInt32?
        var headerBlocks = 0

        var status: String? { fields[":status"] }
        /// From trailers, or from the only header block.
        var grpcStatus: String? { trailers["grpc-status"] ?? fields["grpc-status"] }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private(set) var responses: [Int32: Response] = [:]
    private(set) var goAways: [(last: Int32, code: UInt32)] = []
    private(set) var pongs = 0
    private(set) var resets: [Int32: UInt32] = [:]
    private(set) var failure: Int32 = 0
    private var bodies: [Int32: [UInt8]] = [:]
    private var held: Set<Int32> = []
    private var session: OpaquePointer?

    /// - Parameter window: The initial window of each stream.
    init(window: UInt32 = 65_535, isReading: Bool = true) {
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        defer { nghttp2_session_callbacks_del(callbacks) }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameCount, value, valueCount, _, user in
            let name = String(decoding: UnsafeBufferPointer(start: name, count: nameCount), as: UTF8.self)
            let value = String(decoding: UnsafeBufferPointer(start: value, count: valueCount), as: UTF8.self)
            let isTrailer = frame!.pointee.headers.cat == NGHTTP2_HCAT_HEADERS
            this(user).update(frame!.pointee.hd.stream_id) {
                if isTrailer { $0.trailers[name] = value } else { $0.fields[name] = value }
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, id, data, count, user in
            this(user).update(id) { $0.body.append(contentsOf: UnsafeBufferPointer(start: data, count: count)) }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
            this(user).note(frame!)
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, user in
            this(user).update(id) { $0.closed = code }
            return 0
        }
        nghttp2_session_client_new(&session, callbacks, Unmanaged.passUnretained(self).toOpaque())
        let settings = [nghttp2_settings_entry(settings_id: 4, value: window)]
        nghttp2_submit_settings(session, 0, settings, settings.count)
    }

    deinit { nghttp2_session_del(session) }

    fileprivate func update(_ id: Int32, _ body: (inout Response) -> Void) { body(&responses[id, default: Response()]) }

    private func note(_ frame: UnsafePointer<nghttp2_frame>) {
        let header = frame.pointee.hd
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue: update(header.stream_id) { $0.headerBlocks += 1 }
        case NGHTTP2_PING.rawValue: pongs += header.flags & 1 != 0 ? 1 : 0
        case NGHTTP2_RST_STREAM.rawValue: resets[header.stream_id] = frame.pointee.rst_stream.error_code
        case NGHTTP2_GOAWAY.rawValue:
            goAways.append((frame.pointee.goaway.last_stream_id, frame.pointee.goaway.error_code))
        default: break
        }
    }
}

private func this(_ user: UnsafeMutableRawPointer?) -> ClientSession {
    Unmanaged.fromOpaque(user!).takeUnretainedValue()
}

// MARK: - Bytes

extension ClientSession {
    /// What is to be sent to the server.
    func output() -> [UInt8] {
        var output: [UInt8] = []
        var base: UnsafePointer<UInt8>?
        while true {
            let count = nghttp2_session_mem_send(session, &base)
            guard count > 0 else { return output }
            output.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
        }
    }

    /// Takes what the server sent.
    func input(_ bytes: [UInt8]) {
        let result = nghttp2_session_mem_recv(session, bytes, bytes.count)
        if result < 0 { failure = Int32(result) }
    }

    var isFinished: Bool { nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0 }
    var maxConcurrentStreams: UInt32 {
        nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
    }
}

// MARK: - Requests

extension ClientSession {
    /// Opens a stream.
    /// - Parameter ends: Whether the request is whole; `finish` ends it later.
    @discardableResult
    func request(
        _ method: String, _ path: String, _ fields: [(String, String)] = [], body: [UInt8]? = nil, ends: Bool = true
    ) -> Int32 {
        let pseudo = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "gate.test")]
        return withFields(pseudo + fields) { fields, count in
            guard body != nil || !ends else { return nghttp2_submit_request(session, nil, fields, count, nil, nil) }
            var provider = nghttp2_data_provider(source: nghttp2_data_source(), read_callback: readRequest)
            let id = nghttp2_submit_request(session, nil, fields, count, &provider, nil)
            bodies[id] = body ?? []
            if !ends { held.insert(id) }
            return id
        }
    }

    /// A gRPC call with one message.
    @discardableResult
    func call(
        _ path: String, _ message: [UInt8], _ fields: [(String, String)] = [], type: String = "application/grpc"
    ) -> Int32 {
        var frame: [UInt8] = []
        message.withBytes { GRPCFrame.append($0, into: &frame) }
        return request("POST", path, [("content-type", type)] + fields, body: frame)
    }

    /// Sends the rest of a body that was held back.
    func finish(_ id: Int32, _ rest: [UInt8] = []) {
        held.remove(id)
        bodies[id, default: []] += rest
        nghttp2_session_resume_data(session, id)
    }

    func reset(_ id: Int32) { nghttp2_submit_rst_stream(session, 0, id, NGHTTP2_CANCEL.rawValue) }

    func ping() { nghttp2_submit_ping(session, 0, nil) }

    func goAway() { nghttp2_session_terminate_session(session, 0) }

    func response(_ id: Int32) -> Response { responses[id] ?? Response() }

    fileprivate func read(_ id: Int32, _ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> (Int, isEnd: Bool) {
        let taken = min(count, bodies[id]?.count ?? 0)
        bodies[id]?.withUnsafeBufferPointer { buffer.update(from: $0.baseAddress!, count: taken) }
        bodies[id]?.removeFirst(taken)
        let isEmpty = bodies[id]?.isEmpty ?? true
        if isEmpty, held.contains(id), taken == 0 { return (Int(NGHTTP2_ERR_DEFERRED.rawValue), false) }
        return (taken, isEmpty && !held.contains(id))
    }
}

private let readRequest: nghttp2_data_source_read_callback = { _, id, buffer, count, flags, _, user in
    let (taken, isEnd) = this(user).read(id, buffer!, count)
    if isEnd { flags!.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
    return taken
}

private func withFields<Result>(
    _ fields: [(String, String)], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
) -> Result {
    var text: [UInt8] = []
    for field in fields { text += Array(field.0.utf8) + Array(field.1.utf8) }
    return text.withUnsafeMutableBufferPointer { text in
        var at = text.baseAddress
        let values = fields.map { name, value in
            defer { at = at.map { $0 + name.utf8.count + value.utf8.count } }
            return nghttp2_nv(
                name: at, value: at.map { $0 + name.utf8.count }, namelen: name.utf8.count, valuelen: value.utf8.count,
                flags: 0)
        }
        return values.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
    }
}
