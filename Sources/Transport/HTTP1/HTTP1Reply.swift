// An answer as HTTP/1.1 writes it (RFC 9112).

import NIOCore
import Bytes

extension Exchange {
    /// Appends the answer: status line, header fields, body.
    func writeHTTP1(into output: inout ByteBuffer, secondsSince1970 now: Int64) {
        var head: [UInt8] = []
        head.reserveCapacity(256)
        head.append("HTTP/1.1 ")
        head.append(decimal: reply.status)
        head.append(0x20)
        head.append(Self.reason(reply.status))
        head.append("\r\ndate: ")
        HTTPDate.append(seconds: now, into: &head)
        if let type = reply.contentType {
            head.append("\r\ncontent-type: ")
            head.append(type)
        }
        head.append("\r\ncontent-length: ")
        head.append(decimal: reply.body.count)
        head.append(isLast ? "\r\nconnection: close\r\n" : "\r\n")
        output.writeBytes(head)
        output.writeBytes(reply.fields.text)
        output.writeStaticString("\r\n")
        if self.head.method != .head { output.writeBytes(reply.body) }
    }

    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
