// Who resolves what: rows, cookies and forms are the workers', nonces are Redis's, and forgetting is done here.

import Dispatch
import Logging
import Redis
import Sessions
import Storage

/// Has each lookup resolved where that is done.
struct Lookups: Resolver {
    let workers: StoreWorkers
    let farm: RedisFarm?
    let forgetting: Forgetting

    func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void) {
        switch lookup {
        case .nonce(let claim):
            guard let farm else { return completion(.unresolved) }
            farm.nonces.resolve(claim, at: now, completion: completion)
        case .invalidation(let order): forgetting.carryOut(order, farm) { completion(nil) }
        case .oauth1, .oauth1Again, .oauth2, .user, .cookie, .worker, .detached:
            workers.resolve(lookup, at: now, completion: completion)
        }
    }
}

/// Has memory forget, on threads that no request waits for.
struct Forgetting: Sendable {
    let memory: Memory
    let logger: Logger

    /// After the first of these a batch of rows that was being read is remembered; by the second a replica of the database may be
    /// behind.
    private static let again = [0.05, 1]
    /// Of its own: what waits for the pool of tasks does not hold it up.
    private static let queue = DispatchQueue(label: "sessiongate.forget")

    /// Forgets `what`; what is about one user, consumer or token once more a little later.
    func forget(_ what: Invalidation, _ completion: @escaping @Sendable () -> Void = {}) {
        Self.queue.async {
            memory.forget(what)
            completion()
        }
        for pause in what == .all ? [] : Self.again {
            Self.queue.asyncAfter(deadline: .now() + pause) { memory.forget(what) }
        }
    }

    /// Forgets here, then tells the others.
    func carryOut(_ order: PendingInvalidation, _ farm: RedisFarm?, _ completion: @escaping @Sendable () -> Void) {
        forget(order.what) {
            logger.info("memory invalidated", metadata: ["what": "\(order.what.summary)"])
            guard let farm else {
                order.report = .alone
                return completion()
            }
            farm.announce(order.what) { report in
                order.report = report
                completion()
            }
        }
    }
}

extension Invalidation {
    /// For the log: nothing of a token.
    fileprivate var summary: String {
        switch self {
        case .all: "all"
        case .user(let id): "user \(id)"
        case .consumer(let key): "consumer \(quoted(String(decoding: key, as: UTF8.self)))"
        case .token: "a token"
        }
    }
}
