// A check on a worker reads the message anew, in memory that it shares with the exchange.

import Bytes
import Sessions

extension DetachedCheck {
    /// The check of the CheckRequest that begins at `offset` of `body`, under `policy`.
    /// - Parameter asksForIdentity: As in ``Request/asksForIdentity``, which no message says.
    package convenience init(
        _ workload: Workload, of body: [UInt8], from offset: Int, asksForIdentity: Bool = false, _ policy: Policy,
        _ memory: Memory
    ) {
        self.init(workload, under: policy) { now, scratch in
            let step = body.withBytes { body in
                try? policy.withRequest(body.dropFirst(offset)) { request in
                    var request = request
                    request.asksForIdentity = asksForIdentity
                    return decide(request, policy, memory, at: now, &scratch)
                }
            }
            memory.keep(&scratch, policy, at: now)
            // It was decoded once already.
            return step ?? .failed(.unresolved)
        }
    }
}
