// The operator's settings for TLS.

/// TLS on the data listeners that are set to speak it.
public struct TLSSettings: Sendable, Equatable {
    /// Whether callers show certificates.
    public enum ClientCertificates: String, Sendable {
        /// They need none, and are not asked for one.
        case none
        /// They need none; one that is shown must be valid.
        case optional
        /// They need a valid one.
        case required
    }
    /// TLS versions.
    public enum Version: String, Sendable {
        /// TLS 1.2 (RFC 5246).
        case tls12 = "1.2"
        /// TLS 1.3 (RFC 8446).
        case tls13 = "1.3"
    }
    /// PEM file with the server's certificate and the intermediate ones.
    public var certificate: String?
    /// PEM file with its private key.
    public var key: String?
    /// Whether callers show certificates.
    public var clientCertificates = ClientCertificates.none
    /// PEM file with the CA certificates that sign callers' certificates.
    public var clientCA: String?
    /// A caller's certificate must have one of these as a subject alternative name (DNS name or URI), byte for byte. When empty,
    /// every certificate of the CA is accepted.
    public var clientNames: [String] = []
    /// The oldest version spoken.
    public var minimumVersion = Version.tls12

    /// TLS without files, which can't be spoken yet.
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
