// The admin pages are made before the server whose numbers they show.

import Synchronization
import Transport

/// The counters of a server that comes later.
final class LiveStatistics: Sendable {
    private let source = Mutex<(@Sendable () -> ServerStatistics)?>(nil)

    /// The numbers come from `source` from now on.
    func follow(_ source: @escaping @Sendable () -> ServerStatistics) { self.source.withLock { $0 = source } }

    /// The numbers now; none before the server is there.
    var current: ServerStatistics { source.withLock { $0 }?() ?? .none }
}
