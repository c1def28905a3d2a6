// Whose certificate it is: its subject alternative names.

import CNative.TLS

/// The DNS names and URIs of a certificate (RFC 5280 section 4.2.1.6).
struct CertificateNames {
    private var names: [[UInt8]] = []

    /// The names of `certificate`, none when it has no such extension or can't be read.
    init(_ certificate: OpaquePointer?) {
        guard let certificate, let found = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return }
        let list = OpaquePointer(found)
        defer { GENERAL_NAMES_free(list) }
        for index in 0..<OPENSSL_sk_num(list) {
            guard let entry = OPENSSL_sk_value(list, index) else { continue }
            var kind: Int32 = 0
            let value = GENERAL_NAME_get0_value(entry.assumingMemoryBound(to: GENERAL_NAME.self), &kind)
            guard kind == GEN_DNS || kind == GEN_URI, let value else { continue }
            let text = value.assumingMemoryBound(to: ASN1_STRING.self)
            let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(text), count: Int(ASN1_STRING_length(text)))
            names.append(Array(bytes))
        }
    }

    /// Whether one of them is one of `allowed`, byte for byte.
    func contains(oneOf allowed: [String]) -> Bool {
        names.contains { name in allowed.contains { name.elementsEqual($0.utf8) } }
    }

    /// The first names, cut, for a log.
    var texts: [String] { names.prefix(4).map { String(decoding: $0.prefix(128), as: UTF8.self) } }
}
