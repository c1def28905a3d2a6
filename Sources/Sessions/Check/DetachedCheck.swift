// A check that would take too long for an event loop: every byte of a large form is signed, and others wait behind it.

import Synchronization
import Bytes
import EnvoyProtocol

/// One check, to be decided by a worker. Compared by identity: no two requests share one.
public final class DetachedCheck: Hashable, Sendable {
    private let message: [UInt8]
    private let decided = Mutex<(verdict: Verdict, response: [UInt8])?>(nil)

    /// A check of an encoded CheckRequest, which is copied: the worker has it when the connection is long gone.
    init(_ message: Bytes) { self.message = message.array }

    /// What was decided, and the encoded CheckResponse; nil before that, and when it was taken already.
    public func take() -> (verdict: Verdict, response: [UInt8])? {
        decided.withLock { decided in
            defer { decided = nil }
            return decided
        }
    }

    /// Decides, and fetches what that takes. Blocking.
    func run(_ gate: Gate, _ loader: Loader, at now: Timestamp) throws(Fault) {
        let authorizer = Authorizer(gate: gate)
        for _ in 0..<Authorizer.mostRounds {
            var response: [UInt8] = []
            let step = message.withBytes { message in
                (try? CheckRequest(protobuf: message)).map { authorizer.check($0, at: now, into: &response) }
            }
            switch step {
            case .answered(let verdict): return decided.withLock { $0 = (verdict, response) }
            case .needs(let lookup): try loader.load(lookup, at: now)
            case .failed(let fault): throw fault
            // It was decoded once already.
            case nil: throw .unresolved
            }
        }
        throw .unresolved
    }

    /// Identity.
    public static func == (left: DetachedCheck, right: DetachedCheck) -> Bool { left === right }

    /// Feeds the identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
