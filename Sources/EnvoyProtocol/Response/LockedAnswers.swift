// Unusual answers about an identity: few, and made when they are first asked for.

import Sessions
import Synchronization

/// Encoded answers by number.
final class LockedAnswers: Memo, @unchecked Sendable {
    // @unchecked Sendable: the lock guards all that changes.

    private let known = Mutex<[Int: EncodedAnswer]>([:])

    /// The answer of number `index`, which `make` makes when it is not there.
    func answer(_ index: Int, _ make: () -> EncodedAnswer) -> EncodedAnswer {
        if let answer = known.withLock({ $0[index] }) { return answer }
        let answer = make()
        known.withLock { $0[index] = answer }
        return answer
    }
}
