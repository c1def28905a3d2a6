// Certificate and key, read again while the server runs.

import Logging
import Transport

/// Takes new files of TLS into use, and logs what became of them.
struct TLSFiles: Sendable {
    let credentials: TLSCredentials
    let logger: Logger

    /// Reads the files again: when they are new, or `always`. Files that can't be used are reported, and the old ones stay.
    func reload(always: Bool) {
        do throws(TLSProblem) {
            if try credentials.reload(always: always) { logger.notice("TLS certificate and key read anew") }
        } catch {
            logger.error("TLS files can't be used, the old ones stay", metadata: ["problem": "\(error.description)"])
        }
    }
}
