// Why a TLS connection can't go on, as far as libssl tells.

import CNative.TLS

/// A TLS connection can't go on.
package struct TLSFailure: Error, CustomStringConvertible {
    /// Why.
    package enum Cause: Sendable, Equatable {
        /// The peer does not speak TLS.
        case notTLS
        /// The server's certificate was not accepted.
        case certificate(CertificateFlaw)
        /// The peer ended the connection with this alert (RFC 8446 section 6.2).
        case alert(Int)
        /// Something else.
        case other
    }

    /// What is wrong with a server's certificate.
    package enum CertificateFlaw: Sendable, Equatable {
        /// It has another name than the one that was connected to.
        case otherName
        /// It has expired, or is not valid yet.
        case time
        /// No CA that is trusted has signed it.
        case unknownAuthority
        /// It is not the one that is expected.
        case notExpected
        /// Something else.
        case other
    }

    /// Why.
    package let cause: Cause
    /// What libssl says of it.
    package let description: String

    /// What libssl has noted on this thread.
    /// - Parameter connection: The connection whose step failed; nil when there is none.
    init(_ connection: OpaquePointer? = nil) {
        let code = Self.takeCode()
        let verified = Int32(connection.map { SSL_get_verify_result($0) } ?? Int(X509_V_OK))
        cause = Self.cause(code, verified)
        if case .certificate = cause, let text = X509_verify_cert_error_string(Int(verified)) {
            description = "TLS failed (certificate verify failed: \(String(cString: text)))"
        } else {
            description = "TLS failed\(Self.text(code))"
        }
    }

    private static func cause(_ code: UInt, _ verified: Int32) -> Cause {
        guard code != 0, ERR_GET_LIB(code) == ERR_LIB_SSL else { return .other }
        switch ERR_GET_REASON(code) {
        case SSL_R_WRONG_VERSION_NUMBER: return .notTLS
        case SSL_R_CERTIFICATE_VERIFY_FAILED: return .certificate(CertificateFlaw(verified))
        // Reasons of alerts begin at SSL_AD_REASON_OFFSET.
        case let reason where reason > 1000: return .alert(Int(reason) - 1000)
        default: return .other
        }
    }

    /// Empties the list of errors of this thread. Its first entry of libssl itself tells most: others before it are details.
    private static func takeCode() -> UInt {
        var codes: [UInt] = []
        while case let code = ERR_get_error(), code != 0 { codes.append(code) }
        return codes.first { ERR_GET_LIB($0) == ERR_LIB_SSL } ?? codes.first ?? 0
    }

    /// The oldest entry in libssl's list of errors of this thread, to be put behind a sentence: in brackets, or nothing.
    static var reason: String {
        let code = ERR_get_error()
        ERR_clear_error()
        return text(code)
    }

    private static func text(_ code: UInt) -> String {
        guard code != 0, let text = ERR_reason_error_string(code) else { return "" }
        return " (\(String(cString: text)))"
    }
}

extension TLSFailure.CertificateFlaw {
    /// The flaw that libssl's verification has found.
    fileprivate init(_ result: Int32) {
        self =
            switch result {
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .otherName
            case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: .time
            case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE:
                .unknownAuthority
            // What ExpectedCertificate sets.
            case X509_V_ERR_APPLICATION_VERIFICATION: .notExpected
            default: .other
            }
    }
}
