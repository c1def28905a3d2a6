// One TLS connection of libssl between two buffers in memory: what arrived goes in, what is to be sent comes out. No I/O.

import CNative.TLS
import NIOCore

/// One end of a TLS connection.
struct TLSConnection: ~Copyable {
    /// What came of a step.
    enum Step {
        /// It is done.
        case done
        /// More must arrive first.
        case needsInput
        /// The peer has said that it sends no more (close_notify).
        case ended
        /// The connection can't go on. What is to be sent has the alert that says why.
        case failed(TLSFailure)
    }

    private let connection: OpaquePointer
    // Both belong to the connection.
    private let input: OpaquePointer
    private let output: OpaquePointer

    /// The server's end of a connection of `context`; nil when there is no memory for it.
    init?(_ context: OpaquePointer) {
        guard let connection = SSL_new(context) else { return nil }
        SSL_set_accept_state(connection)
        self.init(taking: connection)
    }

    /// The client's end of a connection to `host`, whose certificate must have that name or IP address.
    init?(_ context: OpaquePointer, to host: String) {
        guard let connection = SSL_new(context) else { return nil }
        SSL_set_connect_state(connection)
        guard Self.expect(host, of: connection) else {
            SSL_free(connection)
            return nil
        }
        self.init(taking: connection)
    }

    private init?(taking connection: OpaquePointer) {
        guard let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
            SSL_free(connection)
            return nil
        }
        SSL_set_bio(connection, input, output)
        self.connection = connection
        self.input = input
        self.output = output
    }

    /// Has the server's certificate compared with `host`. The server is told a name (RFC 6066 section 3), never an address.
    private static func expect(_ host: String, of connection: OpaquePointer) -> Bool {
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host) == 1 { return true }
        let isNamed = host.withCString {
            SSL_ctrl(
                connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                UnsafeMutableRawPointer(mutating: $0))
        }
        return isNamed == 1 && SSL_set1_host(connection, host) == 1
    }

    deinit { SSL_free(connection) }

    /// Takes what arrived.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        BIO_write(input, start, Int32(bytes.count))
    }

    /// Goes on with the handshake.
    mutating func handshake() -> Step {
        ERR_clear_error()
        return step(SSL_do_handshake(connection))
    }

    /// Appends what one record decrypts to.
    mutating func read(into plaintext: inout ByteBuffer) -> Step {
        ERR_clear_error()
        var result: Int32 = 0
        plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.maxRecordBytes) { room in
            result = SSL_read(connection, room.baseAddress, Int32(room.count))
            return max(0, Int(result))
        }
        return step(result)
    }

    /// Whether `read` has something to begin with; else it would say that it needs input.
    var hasInput: Bool { BIO_ctrl_pending(input) > 0 || SSL_pending(connection) > 0 }

    /// Encrypts `plaintext`.
    mutating func write(_ plaintext: UnsafeRawBufferPointer) -> Step {
        guard let start = plaintext.baseAddress, !plaintext.isEmpty else { return .done }
        ERR_clear_error()
        return step(SSL_write(connection, start, Int32(plaintext.count)))
    }

    /// Tells the peer that nothing more will be sent.
    mutating func end() {
        ERR_clear_error()
        SSL_shutdown(connection)
    }

    /// Appends what is to be sent.
    mutating func takeOutput(into ciphertext: inout ByteBuffer) {
        let count = BIO_ctrl_pending(output)
        guard count > 0 else { return }
        ciphertext.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
            max(0, Int(BIO_read(output, room.baseAddress, Int32(count))))
        }
    }

    /// The most that one record decrypts to (RFC 8446 section 5.1).
    static var maxRecordBytes: Int { 1 << 14 }

    /// `bytes` in parts of no more than that: libssl's buffers grow to the largest part, and stay so.
    static func pieces(of bytes: UnsafeRawBufferPointer) -> some Sequence<UnsafeRawBufferPointer> {
        stride(from: 0, to: bytes.count, by: maxRecordBytes).lazy.map { start in
            UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + maxRecordBytes, bytes.count)])
        }
    }

    private func step(_ result: Int32) -> Step {
        guard result <= 0 else { return .done }
        return switch SSL_get_error(connection, result) {
        case SSL_ERROR_WANT_READ: .needsInput
        case SSL_ERROR_ZERO_RETURN: .ended
        default: .failed(TLSFailure(connection))
        }
    }
}
