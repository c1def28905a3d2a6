// The answers about one identity, by profile and by whom the wiki acts for.

import Sessions
import Synchronization

/// Answers that are made when they are first asked for.
final class AnswersByProfile<Answer: Memo>: Memo, @unchecked Sendable {
    // @unchecked Sendable: the slot is safe, and the lock guards the rest.

    /// By the default profile, when the wiki acts for the user.
    private let first = MemoSlot()
    private let others = Mutex<[Int: Answer]>([:])

    /// The answer to `decision`, which `make` makes when it is not there.
    func answer(to decision: Decision, _ make: () -> Answer) -> Answer {
        let index = 2 * decision.profile + (decision.actsAs == .user ? 0 : 1)
        if index == 0 { return first.get(make) }
        if let answer = others.withLock({ $0[index] }) { return answer }
        let answer = make()
        others.withLock { $0[index] = answer }
        return answer
    }
}
