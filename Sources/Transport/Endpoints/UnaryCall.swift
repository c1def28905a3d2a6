// A unary gRPC call over HTTP/2: exactly one message each way ("gRPC over HTTP2", gRPC's own specification).

import Bytes
import EnvoyProtocol

extension Exchange {
    /// Calls `body` with the one message of the call. Returns nil when there is no such message: the error has been answered.
    func withMessage<Result>(maxBytes: Int, _ body: (Bytes) -> Result) -> Result? {
        self.body.withBytes { bytes -> Result? in
            guard let frame = GRPCFrame(bytes) else {
                reply.fail(.invalidArgument, bytes.isEmpty ? "no message" : "truncated message")
                return nil
            }
            let message = bytes.dropFirst(GRPCFrame.prefixLength)
            if frame.length > maxBytes {
                reply.fail(.resourceExhausted, "message too large")
            } else if frame.isCompressed {
                reply.fail(.unimplemented, "compressed messages are not supported")
                reply.addField("grpc-accept-encoding", "identity")
            } else if message.count < frame.length {
                reply.fail(.invalidArgument, "truncated message")
            } else if message.count > frame.length {
                reply.fail(.internal, "more than one message")
            } else {
                return body(message)
            }
            return nil
        }
    }
}
