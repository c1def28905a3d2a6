// A certificate authority for tests, with files as an operator has them.

import CNative.TLS
import Foundation

/// Makes certificates in a folder of its own, which goes with it.
package final class TestAuthority {
    private typealias Issued = (certificate: OpaquePointer, key: OpaquePointer)

    private let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
    private let own: Issued
    private var serial = 1

    /// A new authority, its certificate in `ca.pem`.
    package init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        own = Self.issue("CN=authority", extensions: [(NID_basic_constraints, "critical,CA:TRUE")], by: nil, serial: 1)
        Self.save(own, folder, "ca")
    }

    deinit {
        X509_free(own.certificate)
        EVP_PKEY_free(own.key)
        try? FileManager.default.removeItem(at: folder)
    }

    /// The file of this name in the authority's folder.
    package func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Writes `<name>.pem` and `<name>.key`.
    /// - Parameter names: Subject alternative names, as `openssl` takes them: `DNS:a,URI:b`.
    package func issue(_ name: String, names: String, secondsLeft: Int = 3600) {
        serial += 1
        let issued = Self.issue(
            name, extensions: [(NID_subject_alt_name, names)], by: own, serial: serial, secondsLeft: secondsLeft)
        Self.save(issued, folder, name)
        X509_free(issued.certificate)
        EVP_PKEY_free(issued.key)
    }

    private static func makeKey() -> OpaquePointer {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
        EVP_PKEY_keygen(context, &key)
        return key!
    }

    private static func issue(
        _ name: String, extensions: [(Int32, String)], by issuer: Issued?, serial: Int, secondsLeft: Int = 3600
    ) -> Issued {
        let key = makeKey()
        let certificate = X509_new()!
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial)
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600)
        X509_gmtime_adj(X509_getm_notAfter(certificate), secondsLeft)
        X509_set_pubkey(certificate, key)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, name, -1, -1, 0)
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
        for (kind, value) in extensions {
            let made = X509V3_EXT_nconf_nid(nil, nil, kind, value)
            X509_add_ext(certificate, made, -1)
            X509_EXTENSION_free(made)
        }
        X509_sign(certificate, issuer?.key ?? key, EVP_sha256())
        return (certificate, key)
    }

    private static func save(_ issued: Issued, _ folder: URL, _ name: String) {
        let certificate = BIO_new_file(folder.appending(path: "\(name).pem").path, "w")
        PEM_write_bio_X509(certificate, issued.certificate)
        BIO_free(certificate)
        let key = BIO_new_file(folder.appending(path: "\(name).key").path, "w")
        PEM_write_bio_PrivateKey(key, issued.key, nil, nil, 0, nil, nil)
        BIO_free(key)
    }
}
