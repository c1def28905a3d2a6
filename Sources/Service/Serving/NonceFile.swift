// The file in which nonces outlive a restart: the process that ends writes it, and the one that follows reads it.
//
// Where two processes overlap, since they share their listeners, the new one begins with the secret of the old one, and takes the
// nonces over when the old one has ended.

import Foundation
import Logging
import ServiceLifecycle
import Sessions
import Synchronization
import Transport

/// `oauth1.nonce_file`.
struct NonceFile: Sendable {
    let path: String
    let logger: Logger

    /// Nonces of the largest memory, 24 bytes each, and the head.
    private static let limit = 32 << 30

    /// What is in the file; nil when there is none, or none that can be read, which is logged.
    private func read() -> [UInt8]? {
        guard Files.exists(path) else { return nil }
        do throws(FileProblem) { return try Files.read(path, limit: Self.limit) } catch {
            logger.error("nonces can't be taken over", metadata: ["problem": "\(error)"])
            return nil
        }
    }

    /// Has this process hash nonces as the one before it did. It must be called before the first of them is hashed.
    func adoptSecret() {
        guard let handover = read() else { return }
        do throws(NonceHandoverError) { try NonceMemory.adoptSecret(of: handover) } catch { report(error) }
    }

    /// Takes over the nonces in the file.
    func load(into nonces: NonceMemory) {
        guard let handover = read() else { return }
        do throws(NonceHandoverError) {
            try nonces.takeOver(handover, now: SystemClock.now().seconds)
            logger.info("nonces taken over", metadata: ["nonces": "\(nonces.count)"])
        } catch { report(error) }
    }

    /// Writes the nonces that count, in place of those in the file.
    func save(_ nonces: NonceMemory) {
        let draft = path + ".new"
        unlink(draft)
        do throws(FileProblem) {
            try Files.create(draft, nonces.handover(now: SystemClock.now().seconds), mode: 0o600)
            guard rename(draft, path) == 0 else { throw FileProblem.system(path) }
        } catch { logger.error("nonces can't be handed over", metadata: ["problem": "\(error)"]) }
    }

    private func report(_ error: NonceHandoverError) {
        logger.error("nonces can't be taken over", metadata: ["problem": "\(path): \(error)"])
    }
}

/// Reads the file when another process has written it, and writes it at the end.
struct NonceFileService: ServiceLifecycle.Service {
    let file: NonceFile
    let nonces: NonceMemory

    func run() async {
        // From the start on, a process that begins while this one runs finds its secret.
        file.save(nonces)
        let written = Mutex(FileIdentity(file.path))
        await untilShutdown(every: .seconds(1)) {
            let isNew = written.withLock { written in
                let found = FileIdentity(file.path)
                defer { written = found }
                return found != written && found != nil
            }
            if isNew { file.load(into: nonces) }
        }
        file.save(nonces)
    }
}
