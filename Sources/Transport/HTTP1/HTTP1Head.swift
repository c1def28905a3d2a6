// From NIO's request head to ours, and what is refused of it. NIO's parser has refused already what two readers of a connection
// could understand as requests of different lengths; tests check that it does.

import NIOCore
import NIOHTTP1
import Bytes

extension Exchange {
    /// Reads a request's head; sets a flaw when it can't be served.
    func receive(_ request: HTTPRequestHead, maxBytes: Int, maxFields: Int) {
        // Behind an offer of another protocol the decoder reads nothing more. The offer is declined: the answer is the last.
        isLast = request.version != .http1_1 || !request.isKeepAlive || request.headers.contains(name: "upgrade")
        isHeadComplete = true
        withBytes(of: request.method.rawValue) { head.setMethod($0) }
        withBytes(of: request.uri) { target in
            head.setPath(target)
            if target.first != UInt8(ascii: "/") { flaw = .malformed }
        }
        var hosts = 0
        for (name, value) in request.headers {
            let isHost = receive(field: name, value)
            hosts += isHost ? 1 : 0
        }
        // RFC 9112 section 3.2: exactly one Host in HTTP/1.1.
        if hosts > 1 || hosts == 0 && request.version == .http1_1 { flaw = .malformed }
        if request.hasUnclearLength { flaw = .malformed }
        if head.size > maxBytes || head.fieldCount > maxFields { flaw = .largeHead }
        if request.version.major != 1 { flaw = .version }
        if flaw != nil { isLast = true }
    }

    /// Reads one field; returns whether it is Host.
    private func receive(field name: String, _ value: String) -> Bool {
        withLowercaseBytes(of: name) { name in
            withBytes(of: value) { value in
                let isHost = name == "host"
                isHost ? head.setAuthority(value) : head.addField(name, value)
                return isHost
            }
        }
    }
}

extension HTTPRequestHead {
    /// Whether recipients may disagree about the request's end: all of them understand `chunked` alone, and none in HTTP/1.0
    /// (RFC 9112 sections 6.1 and 6.3).
    fileprivate var hasUnclearLength: Bool {
        let codings = headers[canonicalForm: "transfer-encoding"]
        return !codings.isEmpty && (version != .http1_1 || codings.count > 1 || codings[0].lowercased() != "chunked")
    }
}

extension Exchange.Flaw {
    /// What a decoder's error says about the request; nil for an error of the connection.
    init?(_ error: any Error) {
        switch error {
        case is ByteToMessageDecoderError.PayloadTooLargeError: self = .largeHead
        case HTTPParserError.headerOverflow: self = .largeHead
        case HTTPParserError.invalidVersion: self = .version
        case is HTTPParserError: self = .malformed
        default: return nil
        }
    }
}

private func withLowercaseBytes<Result>(of text: String, _ body: (Bytes) -> Result) -> Result {
    withBytes(of: text) { bytes in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { lowercase in
            for index in 0..<bytes.count { lowercase[index] = bytes[index].asciiLowercased }
            return body(Bytes(UnsafeBufferPointer(lowercase)))
        }
    }
}

private func withBytes<Result>(of text: String, _ body: (Bytes) -> Result) -> Result {
    var text = text
    return text.withUTF8 { body(Bytes($0)) }
}
