// envoy.service.auth.v3.Authorization/Check: as gRPC for Envoy, as proto3 JSON on the same path for curl, tests and tools.

import Sessions
import Bytes
import EnvoyProtocol

extension Endpoints {
    func serveCheck(_ exchange: Exchange, at now: Timestamp) -> ServiceStep {
        guard exchange.requireMethod([.post], "POST") else { return .answered }
        if exchange.isCall { return check(exchange, at: now) }
        if exchange.head.mediaType == .json { return checkJSON(exchange, at: now) }
        exchange.reply.fail(http: 415, "unsupported media type")
        return .answered
    }

    private func check(_ exchange: Exchange, at now: Timestamp) -> ServiceStep {
        exchange.withMessage(maxBytes: maxMessageBytes) { message in
            let start = GRPCFrame.begin(in: &exchange.reply.body)
            let step = check(message, of: exchange, at: now, into: &exchange.reply.body)
            switch step {
            case .answered:
                GRPCFrame.end(start, in: &exchange.reply.body)
                exchange.reply.shape = .messages
                return .answered
            case .malformed:
                exchange.reply.fail(.invalidArgument, "malformed CheckRequest")
                return .answered
            case .needs(let lookup):
                exchange.reply.reset()
                return .needs(lookup)
            case .failed(let fault):
                return .failed(fault)
            }
        } ?? .answered
    }

    private func checkJSON(_ exchange: Exchange, at now: Timestamp) -> ServiceStep {
        do throws(JSONError) {
            if exchange.message.isEmpty {
                exchange.message = try exchange.body.withBytes { json throws(JSONError) in
                    try CheckRequestJSON.transcode(json)
                }
            }
            var response: [UInt8] = []
            switch exchange.message.withBytes({ check($0, of: exchange, at: now, into: &response) }) {
            case .answered:
                exchange.reply.answer(json: Self.json(response), cacheControl: "no-store")
            case .malformed:
                exchange.reply.fail(http: 400, "malformed CheckRequest")
            case .needs(let lookup):
                return .needs(lookup)
            case .failed(let fault):
                return .failed(fault)
            }
        } catch {
            exchange.reply.fail(badRequest: "\(error)")
        }
        return .answered
    }

    enum CheckResult {
        case answered
        case malformed
        case needs(Lookup)
        case failed(Fault)
    }

    /// Checks an encoded CheckRequest; appends the CheckResponse to `response`.
    func check(
        _ message: Bytes, of exchange: Exchange, at now: Timestamp, into response: inout [UInt8]
    ) -> CheckResult {
        do throws(WireError) {
            let request = try CheckRequest(protobuf: message)
            if let decided = exchange.detached?.take() {
                authorizer.count(decided.verdict)
                refusals?.note(decided.verdict, request, at: now)
                response.append(contentsOf: decided.response)
                return .answered
            }
            switch authorizer.check(request, at: now, into: &response) {
            case .answered(let verdict):
                refusals?.note(verdict, request, at: now)
                return .answered
            case .needs(let lookup):
                if case .verdict(let check) = lookup { exchange.detached = check }
                return .needs(lookup)
            case .failed(let fault):
                if fault == .routeMisconfigured { refusals?.note(routeProblem: authorizer.routeProblem, at: now) }
                return .failed(fault)
            }
        } catch {
            return .malformed
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
