// What joins a request to other logs: its proxy's `x-request-id`, and the trace that it belongs to (W3C Trace Context, 3.2), which is
// `00-<32 digits>-<16 digits>-<2 digits>`.

import Bytes
import Sessions

extension Request {
    /// The request with both headers. An event loop that records refusals alone does not look for them in all requests.
    package var identified: Request {
        guard requestID == nil, traceParent == nil, !message.isEmpty,
            let check = try? CheckRequest(protobuf: message, identifies: false)
        else { return self }
        var identified = self
        // Views of the message, as the rest is.
        check.forEachHeader { name, value in
            if name == "x-request-id" { identified.requestID = value }
            if name == "traceparent" { identified.traceParent = value }
        }
        return identified
    }

    /// The trace's id, 32 lower-case hexadecimal digits; empty when the request belongs to none.
    package var traceID: String {
        guard let value = traceParent, value.count >= 55, value[2] == 0x2D, value[35] == 0x2D else { return "" }
        let id = value[3..<35]
        let isID = id.buffer.allSatisfy { $0.isASCIIHexadecimal && $0.asciiLowercased == $0 }
        // An id of zeros is invalid.
        return isID && id.buffer.contains { $0 != 0x30 } ? id.string : ""
    }
}
