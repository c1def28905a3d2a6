// Whether the server is to be sent requests: one answer for gRPC's health service and for /readyz.

import Synchronization

/// Whether the server serves.
package final class Readiness: Sendable {
    private let ready = Atomic<Bool>(false)

    /// Not ready yet.
    package init() {}

    /// Whether requests are welcome.
    package var isReady: Bool {
        get { ready.load(ordering: .relaxed) }
        set { ready.store(newValue, ordering: .relaxed) }
    }
}
