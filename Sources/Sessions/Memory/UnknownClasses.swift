// Rate limit classes that access tokens name and that are not allowed (`classes.allowed`): each is reported once, so that an operator
// learns of a class that the wiki gives and the configuration lacks.

import Synchronization

/// The classes that were reported.
final class UnknownClasses: Sendable {
    /// More are not reported: tokens are signed by the wiki, which has few classes.
    private static let maxNames = 64

    private let known = Mutex<Set<String>>([])
    private let report: @Sendable (String) -> Void

    /// `report` gets each class once, on the thread that met it.
    init(report: @escaping @Sendable (String) -> Void) { self.report = report }

    /// Reports `name` when it is new.
    func note(_ name: String) {
        let isNew = known.withLock { known in known.count < Self.maxNames && known.insert(name).inserted }
        if isNew { report(name) }
    }
}
