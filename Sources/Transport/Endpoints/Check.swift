// envoy.service.auth.v3.Authorization/Check: as gRPC for Envoy, as proto3 JSON on the same path for curl, tests and tools.

import Bytes
import EnvoyProtocol
import Sessions

extension Endpoints {
    func serveCheck(_ exchange: Exchange, at now: Timestamp) -> Step<Void> {
        guard exchange.requireMethod([.post], "POST") else { return rejected(exchange, .unsupported) }
        if exchange.isCall { return check(exchange, at: now) }
        if exchange.head.mediaType == .json { return checkJSON(exchange, at: now) }
        exchange.reply.fail(http: 415, "unsupported media type")
        return rejected(exchange, .unsupported)
    }

    private func check(_ exchange: Exchange, at now: Timestamp) -> Step<Void> {
        exchange.withMessage(maxBytes: maxMessageBytes) { message in
            do throws(WireError) {
                return try authorize(message, of: exchange, at: now) { settled, request in
                    let start = GRPCFrame.begin(in: &exchange.reply.body)
                    CheckResponseWriter.write(settled, to: request, policy, into: &exchange.reply.body)
                    GRPCFrame.end(start, in: &exchange.reply.body)
                    exchange.reply.shape = .messages
                }
            } catch {
                exchange.reply.fail(.invalidArgument, "malformed CheckRequest")
                return rejected(exchange, .malformed)
            }
        } ?? rejectedCall(exchange)
    }

    private func checkJSON(_ exchange: Exchange, at now: Timestamp) -> Step<Void> {
        do {
            if exchange.message.isEmpty {
                exchange.message = try exchange.body.withBytes { try CheckRequestJSON.transcode($0) }
            }
        } catch {
            exchange.reply.fail(badRequest: "\(error)")
            return rejected(exchange, .malformed)
        }
        return authorize(exchange, at: now, malformed: "malformed CheckRequest") { settled, request in
            var response: [UInt8] = []
            CheckResponseWriter.write(settled, to: request, policy, into: &response)
            exchange.reply.answer(json: Self.json(response), cacheControl: "no-store")
        }
    }

    /// Decides about `exchange.message`, and has `write` answer; `malformed` is what is said of a message that can't be read.
    func authorize(
        _ exchange: Exchange, at now: Timestamp, malformed: StaticString, _ write: (SettledDecision, Request) -> Void
    ) -> Step<Void> {
        do throws(WireError) {
            return try exchange.message.withBytes { (message) throws(WireError) in
                try authorize(message, of: exchange, at: now, write)
            }
        } catch {
            exchange.reply.fail(http: 400, malformed)
            return rejected(exchange, .malformed)
        }
    }

    /// The response in proto3 JSON: it was encoded here, so it decodes.
    private static func json(_ response: [UInt8]) -> [UInt8] {
        let json = try? response.withBytes { try CheckResponseJSON.transcode($0) }
        return (json ?? Array("{}".utf8)) + [0x0A]
    }
}

extension Reply {
    /// A request that can't be understood, with a reason that may repeat parts of it.
    mutating func fail(badRequest reason: String) {
        reset()
        status = 400
        contentType = "application/json"
        body = JSON.object([JSON.Member("error", .string(reason))]).compact + [0x0A]
    }
}
