// Whether the server is to be sent requests: one answer for gRPC's health service and for /readyz.

import Synchronization

/// Whether the server serves.
package final class Readiness: Sendable {
    private let ready = Atomic<Bool>(false)
    private let dependency: @Sendable () -> String?

    /// Not ready yet.
    /// - Parameter dependency: Why requests can't be answered although the server runs, in a few words; nil when they can.
    package init(dependency: @escaping @Sendable () -> String? = { nil }) { self.dependency = dependency }

    /// Whether requests are accepted.
    package var isReady: Bool {
        get { ready.load(ordering: .relaxed) }
        set { ready.store(newValue, ordering: .relaxed) }
    }

    /// Why requests are not welcome, in a few words; nil when they are.
    package var problem: String? { isReady ? dependency() : "starting or stopping" }
}
