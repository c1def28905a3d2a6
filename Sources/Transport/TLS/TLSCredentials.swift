// Certificate and key, as they are in their files: what is new there is taken for new connections, without a restart. Files that
// can't be used change nothing.

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
        var loggedAt: UInt64 = 0
    }

    /// Reads the files of `settings`. Throws what is wrong with them.
    public init(_ settings: TLSSettings, logger: Logger = Logger(label: "tls") { _ in SwiftLogNoOpLogHandler() })
        throws(TLSProblem)
    {
        self.settings = settings
        self.logger = logger
        let files = Self.files(of: settings)
        state = Mutex(State(context: try Self.context(settings), files: files))
    }

    /// Reads the files again when they are not those that were read last, or in any case. Returns whether they were taken.
    /// Throws what is wrong with them; the old ones stay.
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

    /// A handler for a new connection.
    func makeHandler() -> NIOSSLServerHandler {
        let context = state.withLock { $0.context }
        guard !settings.clientNames.isEmpty, settings.clientCertificates != .none else {
            return NIOSSLServerHandler(context: context)
        }
        // Called when the chain has been verified: it adds to that, and replaces nothing of it.
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
        let now = NIODeadline.now().uptimeNanoseconds
        let isDue = state.withLock { state in
            guard state.loggedAt == 0 || now - state.loggedAt > 1_000_000_000 else { return false }
            state.loggedAt = now
            return true
        }
        guard isDue else { return }
        logger.warning(
            "client certificate refused: none of its names is in tls.client_names",
            metadata: ["names": "\(certificate.names.prefix(4).map { String($0.prefix(128)) })"])
    }
}

/// A client certificate without a name that is allowed.
struct TLSNameNotAllowed: Error {}

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
        configuration.applicationProtocols = ["h2", "http/1.1"]
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
