// What an operator decides about TLS.

/// TLS on the data listeners that ask for it.
public struct TLSSettings: Sendable, Equatable {
    /// Whether callers show certificates.
    public enum ClientCertificates: String, Sendable {
        /// They are not asked for.
        case none
        /// One that is shown must be good.
        case optional
        /// There is no connection without a good one.
        case required
    }
    /// TLS versions.
    public enum Version: String, Sendable {
        /// TLS 1.2 (RFC 5246).
        case tls12 = "1.2"
        /// TLS 1.3 (RFC 8446).
        case tls13 = "1.3"
    }
    /// PEM file with the server's certificate, and those between it and the root.
    public var certificate: String?
    /// PEM file with its private key.
    public var key: String?
    /// Whether callers show certificates.
    public var clientCertificates = ClientCertificates.none
    /// PEM file with the certificates that callers' certificates must lead to.
    public var clientCA: String?
    /// Names of which a caller's certificate must have one as a subject alternative name (DNS name or URI), byte for byte;
    /// when there are none, every certificate of the CA is good.
    public var clientNames: [String] = []
    /// The oldest version spoken.
    public var minimumVersion = Version.tls12

    /// TLS without files: nothing that could be spoken yet.
    public init() {}
}

/// A part of TLS that can't be used.
public struct TLSProblem: Error, Sendable {
    /// The part.
    public enum Part: Sendable {
        /// The certificate's file.
        case certificate
        /// The key's file, or the key for the certificate.
        case key
        /// The file of the callers' CA.
        case clientCA
    }
    /// The part.
    public let part: Part
    /// One sentence that names the file.
    public let description: String
}
