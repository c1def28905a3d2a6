// Certificate and key, as they are in their files. New files are taken for new connections, without a restart; files that can't
// be used change nothing.

import Glibc
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The server's side of TLS.
public final class TLSCredentials: Sendable {
    private let settings: TLSSettings
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var context: NIOSSLContext
        var files: [FileIdentity?]
        var refusals = TokenBucket(burst: 1, rate: 1)
    }

    /// Reads the files of `settings`.
    /// - Throws: What is wrong with them.
    public init(_ settings: TLSSettings, logger: Logger = Logger(label: "tls") { _ in SwiftLogNoOpLogHandler() })
        throws(TLSProblem)
    {
        self.settings = settings
        self.logger = logger
        let files = Self.files(of: settings)
        state = Mutex(State(context: try Self.context(settings), files: files))
    }

    /// Reads the files again when they have changed, or `always`.
    /// - Returns: Whether they were read.
    /// - Throws: What is wrong with them; the old ones stay in use.
    @discardableResult
    public func reload(always: Bool = false) throws(TLSProblem) -> Bool {
        let files = Self.files(of: settings)
        let isNew = state.withLock { state in
            defer { state.files = files }
            return state.files != files
        }
        guard isNew || always else { return false }
        let context = try Self.context(settings)
        state.withLock { $0.context = context }
        return true
    }

    /// The handlers for a new connection, in the order in which bytes come to them.
    func makeHandlers() -> [any ChannelHandler] { [ALPNCheck(), makeHandler()] }

    private func makeHandler() -> NIOSSLServerHandler {
        let context = state.withLock { $0.context }
        guard !settings.clientNames.isEmpty, settings.clientCertificates != .none else {
            return NIOSSLServerHandler(context: context)
        }
        // NIOSSL calls this after it has verified the chain: it is an additional check.
        return NIOSSLServerHandler._makeSSLServerHandler(context: context) { [self] certificate, channel in
            if certificate.names.contains(where: settings.clientNames.contains) {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            note(certificate)
            return channel.eventLoop.makeFailedFuture(TLSNameNotAllowed())
        }
    }

    /// Logs a certificate that was refused, at most one a second.
    private func note(_ certificate: NIOSSLCertificate) {
        // Read by several event loops: it may come here out of order, which the bucket allows.
        let now = Int64(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds)
        guard state.withLock({ $0.refusals.take(1, at: now) }) else { return }
        logger.warning(
            "client certificate refused: none of its names is in tls.client_names",
            metadata: ["names": "\(certificate.names.prefix(4).map { String($0.prefix(128)) })"])
    }
}

/// A client certificate without a name that is allowed.
struct TLSNameNotAllowed: Error {}

// MARK: - What is spoken

extension TLSCredentials {
    /// The suites of TLS 1.2 that RFC 9113 section 9.2.2 and appendix A leave: ephemeral key exchange and AEAD. Those of TLS 1.3
    /// are all of this kind, and not chosen here.
    private static let tls12Suites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
}

// MARK: - Files

extension TLSCredentials {
    /// What changes when a file is written anew or replaced.
    private struct FileIdentity: Equatable {
        let inode: UInt64, size: Int64, seconds: Int, nanoseconds: Int

        init?(_ file: String) {
            var info = stat()
            guard stat(file, &info) == 0 else { return nil }
            inode = UInt64(info.st_ino)
            size = Int64(info.st_size)
            seconds = info.st_mtim.tv_sec
            nanoseconds = info.st_mtim.tv_nsec
        }
    }

    private static func files(of settings: TLSSettings) -> [FileIdentity?] {
        [settings.certificate, settings.key, settings.clientCA].map { $0.flatMap { FileIdentity($0) } }
    }

    private static func context(_ settings: TLSSettings) throws(TLSProblem) -> NIOSSLContext {
        let certificates = try certificates(in: settings.certificate ?? "", .certificate)
        let keyFile = settings.key ?? ""
        guard let key = try? NIOSSLPrivateKey(file: keyFile, format: .pem) else {
            throw TLSProblem(
                part: .key, description: "\(keyFile): it is not a private key in PEM form without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = settings.minimumVersion == .tls12 ? .tlsv12 : .tlsv13
        configuration.applicationProtocols = ALPNCheck.spoken
        configuration.cipherSuiteValues = tls12Suites
        switch settings.clientCertificates {
        case .none: configuration.certificateVerification = .none
        case .optional: configuration.certificateVerification = .optionalVerification
        case .required: configuration.certificateVerification = .noHostnameVerification
        }
        if settings.clientCertificates != .none {
            configuration.trustRoots = .certificates(try self.certificates(in: settings.clientCA ?? "", .clientCA))
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSProblem(part: .key, description: "\(keyFile): it is not the key of \(settings.certificate ?? "")")
        }
    }

    private static func certificates(in file: String, _ part: TLSProblem.Part) throws(TLSProblem) -> [NIOSSLCertificate]
    {
        guard let found = try? NIOSSLCertificate.fromPEMFile(file), !found.isEmpty else {
            throw TLSProblem(part: part, description: "\(file): there is no certificate in PEM form in it")
        }
        return found
    }
}

extension NIOSSLCertificate {
    /// Its DNS names and URIs.
    fileprivate var names: [String] {
        _subjectAlternativeNames().compactMap { name in
            guard name.nameType == .dnsName || name.nameType == .uri else { return nil }
            return name.contents.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
    }
}
