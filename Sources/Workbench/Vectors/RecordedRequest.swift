// A recorded request as the CheckRequest that Envoy would have sent.

import Sessions
import Bytes
import EnvoyProtocol

enum RecordedRequest {
    /// Encodes `request`; `cookie` is the session cookie that came with it, when the recording names one apart.
    static func encode(_ request: JSON, cookie: JSON?, number: Int) throws -> [UInt8] {
        var builder = CheckRequestBuilder()
        builder.id = Array("vector-\(number)".utf8)
        builder.method = latin1(request["method"])
        builder.scheme = latin1(request["scheme"])
        builder.host = latin1(request["host"])
        builder.path = try request["target_b64"]?.stringValue.map(base64) ?? latin1(request["target"])
        builder.sourceAddress = latin1(request["client_ip"])
        let body = try request["body_b64"]?.stringValue.map(base64) ?? []
        if !body.isEmpty { builder.body = body }
        builder.size = Int64(body.count)
        for (name, value) in try headers(request, cookie) { builder.addHeader(name, value) }
        return builder.encode()
    }

    /// Lower-case names; of a repeated one the values joined with a comma, as Envoy joins them.
    private static func headers(_ request: JSON, _ cookie: JSON?) throws -> [([UInt8], [UInt8])] {
        var headers: [(name: [UInt8], value: [UInt8])] = [(Array("x-forwarded-proto".utf8), latin1(request["scheme"]))]
        for header in request["headers"]?.elements ?? [] {
            guard let pair = header.elements, pair.count == 2, let text = pair[0].stringValue else {
                throw Unreplayable("headers are not pairs of a name and a value")
            }
            let name = Array(text.lowercased().utf8)
            let value = latin1(pair[1])
            if let index = headers.firstIndex(where: { $0.name == name }) {
                headers[index].value += Array(",".utf8) + value
            } else {
                headers.append((name, value))
            }
        }
        if let cookie = cookie?.stringValue {
            headers.append((Array("cookie".utf8), Array("sessionJwt=\(cookie)".utf8)))
        }
        return headers
    }

    /// Recorded text is Latin-1 of the raw bytes.
    static func latin1(_ text: JSON?) -> [UInt8] {
        (text?.stringValue ?? "").unicodeScalars.flatMap { scalar -> [UInt8] in
            UInt8(exactly: scalar.value).map { [$0] } ?? Array(String(scalar).utf8)
        }
    }

    static func base64(_ text: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        guard Array(text.utf8).withBytes({ Base64.decodeStandard($0, into: &bytes) }) else {
            throw JSONError("not base64: \(text.prefix(20))")
        }
        return bytes
    }
}
