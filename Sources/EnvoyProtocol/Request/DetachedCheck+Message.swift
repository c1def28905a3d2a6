// A check on a worker reads the message anew, in its own copy.

import Bytes
import Sessions

extension DetachedCheck {
    /// The check of an encoded CheckRequest, which is copied, under `policy`.
    package convenience init(of message: Bytes, _ policy: Policy, _ memory: Memory) {
        let message = message.array
        self.init { now, scratch in
            let step = message.withBytes { message in
                try? policy.withRequest(message) { decide($0, policy, memory, at: now, &scratch) }
            }
            memory.keep(&scratch, policy, at: now)
            // It was decoded once already.
            return step ?? .failed(.unresolved)
        }
    }
}
