// The client's side of TLS: to a server whose certificate is of a known CA and has the name that was connected to, or is known
// itself.

import CNative.TLS

/// What TLS connections to other servers are made from.
package final class TLSClient: @unchecked Sendable {
    // @unchecked Sendable: libssl counts its references atomically, and nothing changes after init.

    /// Which servers are believed.
    package enum Trust: Sendable {
        /// Those with a certificate of one of the system's CAs, and the name that was connected to.
        case system
        /// Those with a certificate of one of the CAs in this PEM file, and the name that was connected to.
        case authorities(String)
        /// The one that shows the first certificate in this PEM file.
        case certificate(String)
    }

    /// A part of the settings.
    package enum Part: Sendable {
        /// The file that tells which servers are believed.
        case authority
        /// The files of certificate and key.
        case certificate
    }

    /// A part that can't be used.
    package struct Problem: Error {
        /// The part.
        package let part: Part
        /// One sentence that names the file.
        package let description: String
    }

    private let context: OpaquePointer
    private let expected: ExpectedCertificate?

    /// Reads the files, PEM.
    /// - Parameters:
    ///   - trust: Which servers are believed.
    ///   - certificate: The client's own, with the intermediate ones; nil: none is shown.
    ///   - key: Its private key.
    /// - Throws: What is wrong with them.
    package init(_ trust: Trust, certificate: String?, key: String?) throws(Problem) {
        ERR_clear_error()
        expected = try Self.expected(trust)
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw Problem(part: .authority, description: "TLS can't be started\(TLSFailure.reason)")
        }
        self.context = context
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_set_options(context, SG_OP_NO_RENEGOTIATION)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        try believe(trust)
        if let certificate, let key { try show(certificate, key) }
    }

    private static func expected(_ trust: Trust) throws(Problem) -> ExpectedCertificate? {
        guard case .certificate(let file) = trust else { return nil }
        guard let expected = ExpectedCertificate(file) else { throw noCertificate(in: file) }
        return expected
    }

    private func believe(_ trust: Trust) throws(Problem) {
        switch trust {
        case .system:
            guard SSL_CTX_set_default_verify_paths(context) == 1 else { throw Self.noCertificate(in: "the system") }
        case .authorities(let file):
            guard SSL_CTX_load_verify_file(context, file) == 1 else { throw Self.noCertificate(in: file) }
        case .certificate: expected?.demand(of: context)
        }
    }

    private static func noCertificate(in file: String) -> Problem {
        Problem(
            part: .authority, description: "\(file): there is no certificate in PEM form in it\(TLSFailure.reason)")
    }

    private func show(_ certificate: String, _ key: String) throws(Problem) {
        // A key with a passphrase is not asked for on a terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1,
            SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1
        else {
            throw Problem(
                part: .certificate,
                description:
                    "\(certificate), \(key): they are not a certificate and its key in PEM form\(TLSFailure.reason)")
        }
    }

    deinit { SSL_CTX_free(context) }

    /// The handler for a channel to `host`, a name or an IP address.
    package func makeHandler(for host: String) -> TLSHandler { TLSHandler(self, to: host) }

    /// A new connection, which must not outlive the context; nil when there is no memory for it.
    func makeConnection(to host: String) -> TLSConnection? { TLSConnection(context, to: host) }
}
