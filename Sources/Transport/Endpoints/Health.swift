// grpc.health.v1.Health: serving as long as /readyz says so. A watcher is told the state at once, when it changes, and when the
// server goes away.

import Bytes
import EnvoyProtocol

/// grpc.health.v1.HealthCheckResponse.ServingStatus.
enum ServingStatus: UInt64 {
    case serving = 1
    case notServing = 2
    case serviceUnknown = 3
}

extension Endpoints {
    func serveHealth(_ exchange: Exchange) {
        guard exchange.requireCall() else { return }
        let service = exchange.withMessage(maxBytes: 1024) { message in Self.service(in: message) }
        guard let service else { return }
        guard let service else { return exchange.reply.fail(.invalidArgument, "malformed HealthCheckRequest") }
        let isKnown = service.isEmpty || service == Array("envoy.service.auth.v3.Authorization".utf8)
        let status = isKnown ? servingStatus : .serviceUnknown
        if exchange.head.endpoint == .healthWatch {
            exchange.reply.shape = .stream
        } else if isKnown {
            exchange.reply.shape = .messages
        } else {
            return exchange.reply.fail(.notFound, "unknown service")
        }
        exchange.reply.append(status)
    }

    private var servingStatus: ServingStatus { readiness.problem == nil ? .serving : .notServing }

    package func updateStream(_ exchange: Exchange) -> Bool {
        // A service that is not known never will be.
        guard let last = exchange.reply.lastStatus, last != .serviceUnknown, last != servingStatus else { return false }
        exchange.forgetWritten()
        exchange.reply.append(servingStatus)
        return true
    }

    package func endStream(_ exchange: Exchange) {
        exchange.reply.append(.notServing)
        exchange.reply.shape = .messages
        exchange.reply.grpcStatus = .unavailable
        exchange.reply.grpcMessage = "server is going away"
    }

    /// HealthCheckRequest.service, nil when the message can't be read.
    private static func service(in message: Bytes) -> [UInt8]? {
        do throws(WireError) {
            var reader = ProtobufReader(message)
            var service: [UInt8] = []
            while try reader.next() {
                if reader.field == 1 { service = try reader.delimited().array } else { try reader.skip() }
            }
            return service
        } catch {
            return nil
        }
    }
}

extension Reply {
    /// The status that was appended last.
    fileprivate var lastStatus: ServingStatus? { body.last.flatMap { ServingStatus(rawValue: UInt64($0)) } }

    /// Appends a framed HealthCheckResponse.
    fileprivate mutating func append(_ status: ServingStatus) {
        let start = GRPCFrame.begin(in: &body)
        body.append(0x08)
        body.append(UInt8(truncatingIfNeeded: status.rawValue))
        GRPCFrame.end(start, in: &body)
    }
}
