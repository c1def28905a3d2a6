// A service whose answers are in the path, and a resolver whose lookups end when the test says so.

import Sessions
import Synchronization
import Transport
import Bytes
import EnvoyProtocol

/// `/echo`, `/call`, `/wait/<rounds>`, `/claim`, `/detach`, `/fail/<fault>`, `/stream`, `/large/<bytes>`.
struct FakeService: Service {
    func serve(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        let path = exchange.head.withView { $0.path.string }.split(separator: "/").map(String.init)
        switch path.first {
        case "echo":
            exchange.reply.contentType = "application/octet-stream"
            exchange.reply.body = exchange.body
        case "call":
            exchange.reply.answer(message: exchange.body)
        case "wait":
            if exchange.rounds < Int(path[1]) ?? 0 { return .needs(.user(id: Int64(exchange.rounds))) }
            exchange.isCall
                ? exchange.reply.answer(message: Array("done".utf8)) : (exchange.reply.body = Array("done".utf8))
        case "claim":
            guard exchange.rounds > 0 else {
                let part = Bytes("text")
                let claim = NonceClaim(consumer: part, token: part, nonce: part, requestID: part, expires: .max)
                return .needs(.nonce(PendingClaim(claim)))
            }
            exchange.reply.answer(message: Array("claimed".utf8))
        case "detach":
            let check = DetachedCheck(Workload(owner: 1, bytes: 100_000)) { _, _ in .failed(.unresolved) }
            exchange.detached = check
            return .needs(.detached(check))
        case "fail":
            return .failed(Fault(rawValue: path[1]) ?? .unresolved)
        case "stream":
            exchange.reply.shape = .stream
            exchange.reply.body = Array("first".utf8)
        case "large":
            exchange.reply.body = [UInt8](repeating: 0x61, count: Int(path[1]) ?? 0)
        case "wide":
            let value = [UInt8](repeating: 0x61, count: Int(path[1]) ?? 0)
            value.withBytes { exchange.reply.fields.add(Bytes("x-wide"), $0) }
            if exchange.isCall { exchange.reply.shape = .trailersOnly }
        case "fields":
            exchange.reply.addField("x-one", "1")
            exchange.reply.addField("x-two", "2")
        default:
            exchange.reply.fail(http: 404, "not found")
        }
        return .decided(())
    }

    func fail(_ exchange: Exchange, _ fault: Fault, at now: Timestamp) {
        exchange.reply.fail(fault, isCall: exchange.isCall)
    }

    func updateStream(_ exchange: Exchange) -> Bool { false }

    func endStream(_ exchange: Exchange) {
        exchange.reply.body += Array("last".utf8)
        exchange.reply.shape = .messages
        exchange.reply.grpcStatus = .unavailable
        exchange.reply.grpcMessage = "going away"
    }
}

extension Reply {
    mutating func answer(message: [UInt8]) {
        shape = .messages
        message.withBytes { GRPCFrame.append($0, into: &body) }
    }
}

final class HeldResolver: Resolver {
    private let waiting = Mutex<[@Sendable (Fault?) -> Void]>([])
    private let detached = Mutex<[DetachedCheck]>([])

    func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void) {
        waiting.withLock { $0.append(completion) }
        if case .detached(let check) = lookup { detached.withLock { $0.append(check) } }
    }

    /// The checks that were left to a worker.
    var checks: [DetachedCheck] { detached.withLock { $0 } }

    var count: Int { waiting.withLock { $0.count } }

    /// Ends all lookups.
    func release(_ fault: Fault? = nil) {
        let all = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for completion in all { completion(fault) }
    }
}
