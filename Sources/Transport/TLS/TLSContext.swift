// What TLS connections are made from: libssl's SSL_CTX with certificate, key, protocols and the rules for callers' certificates.

import CNative.TLS
import Glibc

/// The settings of TLS as libssl has them. Nothing changes after init: new files make a new context.
final class TLSContext: @unchecked Sendable {
    // @unchecked Sendable: libssl counts its references atomically, and connections only read it.

    /// What is spoken (RFC 7301), the preferred first, each behind its length.
    private nonisolated(unsafe) static let protocols = {
        // libssl points into them: they stay where they are.
        let bytes = [2] + Array("h2".utf8) + [8] + Array("http/1.1".utf8)
        let kept = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = kept.initialize(from: bytes)
        return UnsafeBufferPointer(kept)
    }()
    /// The suites of TLS 1.2 that RFC 9113 section 9.2.2 and appendix A leave: ephemeral key exchange and AEAD. Those of TLS 1.3
    /// are all of this kind, and not chosen here.
    private static let tls12Suites = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ]

    /// The names of which a caller's certificate must have one; with none every certificate of the CA will do.
    let clientNames: [String]
    /// Is told the names of a certificate that has none of `clientNames`, on the loop of its connection.
    let refused: @Sendable ([String]) -> Void

    private let context: OpaquePointer

    /// Reads the files of `settings`.
    /// - Throws: What is wrong with them.
    init(_ settings: TLSSettings, refused: @escaping @Sendable ([String]) -> Void) throws(TLSProblem) {
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw TLSProblem(part: .certificate, description: "TLS can't be started\(TLSFailure.reason)")
        }
        self.context = context
        clientNames = settings.clientNames
        self.refused = refused
        setProtocols(settings.minimumVersion)
        try loadCertificate(settings.certificate ?? "")
        try loadKey(settings.key ?? "", certificate: settings.certificate ?? "")
        if settings.clientCertificates != .none { try demandCertificates(settings) }
    }

    deinit { SSL_CTX_free(context) }

    /// When the certificate ends, seconds since 1970; nil when that is not known.
    var certificateEnd: Int64? {
        var time = tm()
        guard let certificate = SSL_CTX_get0_certificate(context),
            ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1
        else { return nil }
        return Int64(timegm(&time))
    }

    /// A new connection, which must not outlive the context; nil when there is no memory for it.
    func makeConnection() -> TLSConnection? { TLSConnection(context) }

    private func setProtocols(_ oldest: TLSSettings.Version) {
        let version = oldest == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
        SSL_CTX_set_cipher_list(context, Self.tls12Suites.joined(separator: ":"))
        SSL_CTX_set_options(context, SG_OP_NO_RENEGOTIATION)
        // An idle connection keeps no buffers: 45 KB less each, for 2 µs a record on a connection with one request at a time.
        SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // A caller that offers protocols, none of which is spoken here, is refused with an alert (RFC 7301 section 3.2); one that
        // offers nothing is welcome.
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, length, offered, count, _ in
                let spoken = TLSContext.protocols
                let agreed = SSL_select_next_proto(
                    UnsafeMutableRawPointer(chosen!).assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self), length,
                    spoken.baseAddress, UInt32(spoken.count), offered, count)
                return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL
            }, nil)
    }
}

// MARK: - Files

extension TLSContext {
    private func loadCertificate(_ file: String) throws(TLSProblem) {
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(context, file) == 1 else {
            throw TLSProblem(
                part: .certificate,
                description: "\(file): there is no certificate in PEM form in it\(TLSFailure.reason)")
        }
    }

    private func loadKey(_ file: String, certificate: String) throws(TLSProblem) {
        ERR_clear_error()
        let source = BIO_new_file(file, "r")
        defer { BIO_free(source) }
        // Without a callback libcrypto takes the last argument for the passphrase, and does not ask for one.
        var passphrase: CChar = 0
        let key = source.flatMap { PEM_read_bio_PrivateKey($0, nil, nil, &passphrase) }
        guard let key else {
            throw TLSProblem(
                part: .key, description: "\(file): it is not a private key in PEM form without a passphrase")
        }
        defer { EVP_PKEY_free(key) }
        guard SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw TLSProblem(part: .key, description: "\(file): it is not the key of \(certificate)")
        }
    }

    private func demandCertificates(_ settings: TLSSettings) throws(TLSProblem) {
        ERR_clear_error()
        let file = settings.clientCA ?? ""
        guard SSL_CTX_load_verify_file(context, file) == 1, let names = SSL_load_client_CA_file(file) else {
            throw TLSProblem(
                part: .clientCA, description: "\(file): there is no certificate in PEM form in it\(TLSFailure.reason)")
        }
        SSL_CTX_set_client_CA_list(context, names)
        let required = settings.clientCertificates == .required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
        SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, verifyName)
        // No session is resumed: each connection shows its certificate anew, so that one that has expired does not live on.
        SSL_CTX_set_options(context, SG_OP_NO_TICKET)
        SSL_CTX_set_num_tickets(context, 0)
    }
}

/// A part of libssl's verification: the caller's own certificate must have one of the names. libssl has verified the chain.
private let verifyName: SSL_verify_cb = { isGood, store in
    guard isGood == 1, X509_STORE_CTX_get_error_depth(store) == 0 else { return isGood }
    guard let connection = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let user = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(OpaquePointer(connection)), 0)
    else { return 0 }
    let context = Unmanaged<TLSContext>.fromOpaque(user).takeUnretainedValue()
    guard !context.clientNames.isEmpty else { return 1 }
    let names = CertificateNames(X509_STORE_CTX_get_current_cert(store))
    if names.contains(oneOf: context.clientNames) { return 1 }
    context.refused(names.texts)
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
    return 0
}
