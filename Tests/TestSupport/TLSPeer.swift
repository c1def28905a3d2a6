// The other end of a TLS connection: libssl's client, on buffers in memory.

import CNative.TLS

/// A TLS client. It trusts every server.
package final class TLSPeer {
    private let context: OpaquePointer
    private let connection: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer

    /// A client that offers `protocols` and shows the certificate `name` of `authority`.
    package init(protocols: [String] = ["h2"], authority: TestAuthority? = nil, certificate name: String? = nil) {
        context = SSL_CTX_new(TLS_client_method())!
        if let authority, let name {
            SSL_CTX_use_certificate_chain_file(context, authority.path("\(name).pem"))
            SSL_CTX_use_PrivateKey_file(context, authority.path("\(name).key"), SSL_FILETYPE_PEM)
        }
        connection = SSL_new(context)!
        let offer = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !offer.isEmpty { SSL_set_alpn_protos(connection, offer, UInt32(offer.count)) }
        input = BIO_new(BIO_s_mem())!
        output = BIO_new(BIO_s_mem())!
        SSL_set_bio(connection, input, output)
        SSL_set_connect_state(connection)
    }

    deinit {
        SSL_free(connection)
        SSL_CTX_free(context)
    }

    /// Whether the handshake is done, as far as this end knows.
    package var isConnected: Bool { SSL_is_init_finished(connection) == 1 }
    /// Whether the server said that it sends no more.
    package var isEnded: Bool { SSL_get_shutdown(connection) & SSL_RECEIVED_SHUTDOWN != 0 }
    /// The number of the alert that ended the connection (RFC 8446 section 6), nil without one.
    package private(set) var alert: Int32?
    /// All that the server sent.
    package private(set) var received: [UInt8] = []

    /// Takes what the server sent, goes on as far as that allows, and returns what is to be sent.
    package func step(_ bytes: [UInt8] = []) -> [UInt8] {
        if !bytes.isEmpty { BIO_write(input, bytes, Int32(bytes.count)) }
        ERR_clear_error()
        var room = [UInt8](repeating: 0, count: 16_384)
        var count = SSL_read(connection, &room, 16_384)
        while count > 0 {
            received += room[..<Int(count)]
            count = SSL_read(connection, &room, 16_384)
        }
        let code = ERR_peek_error()
        // SSL_AD_REASON_OFFSET: reasons of alerts begin there.
        if code != 0, ERR_GET_REASON(code) > 1000 { alert = ERR_GET_REASON(code) - 1000 }
        return takeOutput()
    }

    /// Encrypts `bytes`, and returns what is to be sent.
    package func send(_ bytes: [UInt8]) -> [UInt8] {
        if !bytes.isEmpty { SSL_write(connection, bytes, Int32(bytes.count)) }
        return takeOutput()
    }

    /// Says that no more will be sent, and returns what is to be sent.
    package func end() -> [UInt8] {
        SSL_shutdown(connection)
        return takeOutput()
    }

    private func takeOutput() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
        if !bytes.isEmpty { BIO_read(output, &bytes, Int32(bytes.count)) }
        return bytes
    }
}
