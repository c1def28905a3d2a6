// An answer, before it is written as HTTP/2 or HTTP/1.1.

import Sessions
import Bytes

/// What an endpoint answers. Part of an ``Exchange``, emptied and used again.
package struct Reply {
    /// How the answer is laid out on the wire.
    package enum Shape: Equatable, Sendable {
        /// Header fields and a body.
        case http
        /// gRPC: header fields, messages, and trailers that say OK.
        case messages
        /// gRPC: one header block with the status, nothing else.
        case trailersOnly
        /// gRPC: messages, more of which may follow; trailers when the call is ended.
        case stream
    }

    /// How the answer is laid out.
    package var shape = Shape.http
    /// HTTP status.
    package var status = 200
    /// Content-Type, none when nil.
    package var contentType: StaticString?
    /// gRPC status of the trailers.
    package var grpcStatus = GRPCStatus.ok
    /// `grpc-message`, left out when empty; ASCII without `%`.
    package var grpcMessage: StaticString = ""
    /// The body; for gRPC the framed messages.
    package var body: [UInt8] = []

    /// Header fields beside those that each answer has.
    package var fields = HeaderFields()

    /// An empty answer.
    package init() {}

    /// Empties the answer; its memory is kept for the next.
    package mutating func reset() {
        shape = .http
        status = 200
        contentType = nil
        grpcStatus = .ok
        grpcMessage = ""
        body.recycle()
        fields.removeAll(keeping: [UInt8].keptCapacity)
    }

    /// Adds a header field.
    package mutating func addField(_ name: StaticString, _ value: StaticString) {
        fields.add(Bytes(name), Bytes(value))
    }
}

// MARK: - Failures

extension Reply {
    /// A gRPC error, trailers only.
    package mutating func fail(_ status: GRPCStatus, _ message: StaticString) {
        reset()
        shape = .trailersOnly
        grpcStatus = status
        grpcMessage = message
    }

    /// Seconds after which a client is to try again, as MediaWiki says of a wiki that lags.
    private static let retryAfter: StaticString = "5"

    /// An HTTP error with a small JSON body; one that passes says when to try again. `summary` is plain ASCII without quotes.
    package mutating func fail(http status: Int, _ summary: StaticString) {
        reset()
        self.status = status
        contentType = "application/json"
        if status == 503 || status == 504 { addField("retry-after", Self.retryAfter) }
        body.append("{\"error\":\"")
        body.append(summary)
        body.append("\"}\n")
    }

    /// A fault: it never looks like a refusal, so that the edge's failure mode decides.
    package mutating func fail(_ fault: Fault, isCall: Bool) {
        isCall ? fail(GRPCStatus(fault), fault.summary) : fail(http: fault.httpStatus, fault.summary)
    }

    /// A body of JSON.
    package mutating func answer(json: [UInt8], cacheControl: StaticString) {
        reset()
        contentType = "application/json"
        addField("cache-control", cacheControl)
        body = json
    }
}

extension Reply {
    /// The answer in place of one whose header fields are too large to be sent.
    package mutating func failTooLarge(isCall: Bool) {
        isCall ? fail(.internal, "answer too large") : fail(http: 500, "answer too large")
    }

    /// The answer to a request that is not served.
    package mutating func refuse(_ flaw: Exchange.Flaw, isCall: Bool) {
        let (status, summary): (Int, StaticString) =
            switch flaw {
            case .largeHead: (431, "header fields too large")
            case .largeBody: (413, "message too large")
            case .backlog: (503, "too much waiting")
            case .malformed: (400, "malformed request")
            case .version: (505, "HTTP version not supported")
            }
        isCall ? fail(.resourceExhausted, summary) : fail(http: status, summary)
    }
}
