// One request on its way, and what was answered. Calls are reused: their buffers are.

/// A request and its answer.
final class LoadCall {
    /// What it is.
    var kind = LoadKind.anonymous
    /// By whom; 0 for an anonymous request.
    var user = 0
    /// From when on its latency counts.
    var begin: Int64 = 0
    /// The connection that carries it.
    var connection = 0
    /// Over HTTP/2 the body of the request, over HTTP/1.1 the whole of it.
    var request: [UInt8] = []
    /// Bytes of the request that were sent.
    var sent = 0
    /// HTTP status of the answer; 0 until it is there.
    var status = 0
    /// `grpc-status`; nil when there was none.
    var grpcStatus: Int?
    /// Body of the answer.
    var body: [UInt8] = []
    /// The session cookie that was set; empty for none.
    var setCookie: [UInt8] = []

    /// Makes it ready for another request.
    func reset() {
        sent = 0
        status = 0
        grpcStatus = nil
        request.removeAll(keepingCapacity: true)
        body.removeAll(keepingCapacity: true)
        setCookie.removeAll(keepingCapacity: true)
    }
}
