// What goes wrong with connections, in the log: a few lines a second, however many connections it happens to. Addresses alone
// are logged, nothing that was sent.

import Logging

/// Writes the troubles of one event loop's connections to the log.
package final class ConnectionLog {
    private let logger: Logger?
    private var budget = TokenBucket(burst: 5, rate: 1)
    private var suppressed = 0

    /// - Parameter logger: nil to log nothing.
    package init(_ logger: Logger?) { self.logger = logger }

    /// Logs one trouble with the connection from `remote`; `now` is in monotonic nanoseconds.
    func warn(_ message: StaticString, _ remote: RemoteEnd, code: UInt32? = nil, at now: Int64) {
        guard let logger else { return }
        guard budget.take(1, at: now) else {
            suppressed += 1
            return
        }
        var metadata: Logger.Metadata = ["address": "\(String(decoding: remote.address.prefix(128), as: UTF8.self))"]
        if let code { metadata["code"] = "\(code)" }
        if suppressed > 0 { metadata["not_logged"] = "\(suppressed)" }
        suppressed = 0
        logger.warning("\(message)", metadata: metadata)
    }
}
