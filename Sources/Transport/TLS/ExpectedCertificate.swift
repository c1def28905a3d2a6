// The one certificate that a client accepts. Who has its file needs no CA to know the server: only the server has its key. Names
// and times say nothing more then (RFC 7671 section 5.1).

import CNative.TLS

/// A certificate that a server must show.
final class ExpectedCertificate: @unchecked Sendable {
    // @unchecked Sendable: nothing changes after init, and libcrypto locks what it computes later.

    private let certificate: OpaquePointer

    /// Reads the first certificate in `file`, PEM; nil when there is none.
    init?(_ file: String) {
        // Without a callback libcrypto takes the last argument for the passphrase, and does not ask for one.
        var passphrase: CChar = 0
        guard let source = BIO_new_file(file, "r") else { return nil }
        defer { BIO_free(source) }
        guard let certificate = PEM_read_bio_X509(source, nil, nil, &passphrase) else { return nil }
        self.certificate = certificate
    }

    deinit { X509_free(certificate) }

    /// Has connections of `context` accept this certificate alone, which must outlive them.
    func demand(of context: OpaquePointer) {
        SSL_CTX_set_cert_verify_callback(
            context,
            { store, expected in
                guard let store, let expected else { return 0 }
                let this = Unmanaged<ExpectedCertificate>.fromOpaque(expected).takeUnretainedValue()
                let isShown = this.isEqual(to: X509_STORE_CTX_get0_cert(store))
                X509_STORE_CTX_set_error(store, isShown ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION)
                return isShown ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func isEqual(to shown: OpaquePointer?) -> Bool { shown.map { X509_cmp(certificate, $0) == 0 } ?? false }
}
