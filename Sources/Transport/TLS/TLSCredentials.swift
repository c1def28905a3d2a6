// Certificate and key, as they are in their files. New files are taken for new connections, without a restart; files that can't
// be used change nothing.

import Glibc
import Logging
import NIOCore
import Synchronization

/// The server's side of TLS.
public final class TLSCredentials: Sendable {
    private let settings: TLSSettings
    private let refusals: CertificateRefusals
    private let state: Mutex<State>

    private struct State {
        var context: TLSContext
        var files: [FileIdentity?]
    }

    /// Reads the files of `settings`.
    /// - Throws: What is wrong with them.
    public init(_ settings: TLSSettings, logger: Logger = Logger(label: "tls") { _ in SwiftLogNoOpLogHandler() })
        throws(TLSProblem)
    {
        self.settings = settings
        refusals = CertificateRefusals(logger: logger)
        let files = Self.files(of: settings)
        state = Mutex(State(context: try TLSContext(settings, refused: refusals.note), files: files))
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
        let context = try TLSContext(settings, refused: refusals.note)
        state.withLock { $0.context = context }
        return true
    }

    /// When the certificate in use ends, seconds since 1970; nil when that is not known.
    public var certificateEnd: Int64? { state.withLock { $0.context }.certificateEnd }

    /// The handler for a new connection.
    /// - Parameter line: Where its handshake waits for its turn; nil: it is served as it comes.
    package func makeHandler(line: HandshakeLine? = nil) -> TLSHandler {
        TLSHandler(state.withLock { $0.context }, line: line)
    }
}

/// Logs certificates that were refused for their names, at most one a second.
private final class CertificateRefusals: Sendable {
    private let logger: Logger
    private let limit = Mutex(TokenBucket(burst: 1, rate: 1))

    init(logger: Logger) {
        self.logger = logger
    }

    /// Logs the names of a certificate.
    func note(_ names: [String]) {
        // Read by several event loops: it may come here out of order, which the bucket allows.
        let now = Int64(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds)
        guard limit.withLock({ $0.take(1, at: now) }) else { return }
        logger.warning(
            "client certificate refused: none of its names is in tls.client_names", metadata: ["names": "\(names)"])
    }
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
}
