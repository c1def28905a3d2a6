// Why the admin listener gave no answer: one sentence, which says what to change where the cause tells that.

import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Transport

extension AdminClient {
    /// What `error` means to an operator.
    func failure(_ error: any Error) -> Failure {
        // A file that can't be used has nothing to do with the listener.
        if let problem = error as? TLSClient.Problem { return Failure(description: problem.description) }
        return Failure(description: "\(endpoint.text): \(sentence(error))")
    }

    private func sentence(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: sentence(error)
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout, AdminCall.Ending.silent: "no answer within \(timeout) s"
        case let ending as AdminCall.Ending: sentence(ending)
        case let failure as TLSFailure: sentence(failure)
        case let error as NIOHTTPObjectAggregatorError where error == .frameTooLong:
            "the answer is larger than \(Self.maxBytes >> 20) MiB"
        case is HTTPParserError, is NIOHTTPObjectAggregatorError: "the answer is not one of HTTP\(plainHint)"
        default: "\(error)"
        }
    }

    /// Of the addresses of a host, the first tells.
    private func sentence(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return sentence(first.error) }
        return "there is no host \(error.host)"
    }

    private func sentence(_ ending: AdminCall.Ending) -> String {
        let closed = "it closed the connection without an answer"
        if !endpoint.isTLS { return closed + plainHint }
        if ending == .closedInHandshake { return "it closed the connection instead of speaking TLS" }
        return tls.certificate == nil ? closed + "; if it demands a client certificate, \(certificateHint)" : closed
    }

    private var plainHint: String { endpoint.isTLS ? "" : "; if it speaks TLS, ask with https://" }
    private var certificateHint: String { "name one with --certificate and --key" }
}

// MARK: - TLS

extension AdminClient {
    private func sentence(_ failure: TLSFailure) -> String {
        switch failure.cause {
        case .notTLS: "it does not speak TLS; ask with http://"
        case .certificate(let flaw): sentence(flaw, failure)
        case .alert(let number) where Self.certificateAlerts.contains(number):
            if let certificate = tls.certificate {
                "it refuses the client certificate \(certificate): \(failure)"
            } else {
                "it demands a client certificate; \(certificateHint): \(failure)"
            }
        case .alert, .other: "\(failure)"
        }
    }

    /// What a server says of a client's certificate (RFC 8446 section 6.2): handshake_failure where TLS 1.2 misses one, or where
    /// its name is not welcome, bad_certificate to unknown_ca, access_denied, decrypt_error, certificate_required.
    private static let certificateAlerts: Set<Int> = [40, 42, 43, 44, 45, 46, 48, 49, 51, 116]

    private func sentence(_ flaw: TLSFailure.CertificateFlaw, _ failure: TLSFailure) -> String {
        switch flaw {
        case .otherName:
            "its certificate does not have the name \(tls.serverName ?? endpoint.host); "
                + "name another with --server-name"
        case .time: "its certificate has expired or is not valid yet"
        case .unknownAuthority:
            "its certificate is not of a CA in \(tls.authority ?? "the system's list; name its CA with --ca")"
        case .notExpected:
            "it shows another certificate than \(expectedCertificate ?? "") (tls.certificate); "
                + "a running server takes a new file into use within seconds"
        case .other: "\(failure)"
        }
    }
}
