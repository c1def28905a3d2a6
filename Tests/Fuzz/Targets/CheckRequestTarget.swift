// CheckRequest: protobuf that is decoded in place.

import Bytes
import EnvoyProtocol

/// Decodes `input`, reads everything, writes it again.
func fuzzCheckRequest(_ input: Bytes) throws(BrokenPromise) {
    guard let request = try? CheckRequest(protobuf: input) else { return }
    let parts = try Parts(request, within: input)
    try withExtendedLifetime(request) { () throws(BrokenPromise) in
        guard let again = try? CheckRequest(protobuf: input) else { throw BrokenPromise(promise: "decodes again") }
        try promise(Parts(again, within: input) == parts, "the second reading is as the first")
    }
    try checkRoundTrip(of: parts)
}

/// What is written of a request is read as it was, and written as it was.
private func checkRoundTrip(of parts: Parts) throws(BrokenPromise) {
    let first = parts.encoded()
    let second = try first.withBytes { (bytes) throws(BrokenPromise) -> [UInt8] in
        guard let request = try? CheckRequest(protobuf: bytes) else {
            throw BrokenPromise(promise: "what is written decodes")
        }
        let read = try Parts(request, within: bytes)
        try promise(read.texts == parts.texts, "what is written is what was read")
        return read.encoded()
    }
    try promise(first == second, "writing is stable")
}

/// All that a request offers, copied.
private struct Parts: Equatable {
    /// The request line and the body.
    var texts: [[UInt8]]
    /// Both ends, and what else is not written again.
    var others: [[UInt8]]
    var headers: [[UInt8]] = []
    var maps: [[UInt8]] = []
    var size: Int64

    init(_ request: CheckRequest, within input: Bytes) throws(BrokenPromise) {
        let texts = [request.id, request.method, request.path, request.host, request.scheme, request.body]
        var others = [
            request.httpProtocol, request.query, request.fragment, request.sourceAddress, request.sourcePrincipal,
            request.destinationAddress, request.serverName, request.metadataContext, request.routeMetadataContext,
        ]
        for end in [request.source, request.destination] {
            others += [end.address, end.namedPort, end.endpointID, end.service, end.principal, end.certificate]
        }
        let known = [
            request.request.authorization, request.cookie, request.request.contentType, request.request.forwardedProto,
            request.request.forwardedHost, request.request.partialBody,
        ]
        if !request.usesHeaderMap { others += known.compactMap { $0 } }
        var headers: [Bytes] = []
        var maps: [Bytes] = []
        request.forEachHeader { headers += [$0, $1] }
        request.forEachContextExtension { maps += [$0, $1] }
        request.forEachSourceLabel { maps += [$0, $1] }
        for part in texts + others + headers + maps {
            try promise(part.lies(within: input), "views lie in the message")
        }
        try promise(
            request.header(Bytes("authorization")) == request.request.authorization
                && request.header(Bytes("cookie")) == request.cookie, "a header is one value")
        self.texts = texts.map(\.array)
        // Joined values lie elsewhere.
        self.others = others.map(\.array) + known.map { $0?.array ?? [0] }
        self.headers = headers.map(\.array)
        self.maps = maps.map(\.array)
        size = request.size
    }

    func encoded() -> [UInt8] {
        var builder = CheckRequestBuilder()
        (builder.id, builder.method, builder.path) = (texts[0], texts[1], texts[2])
        (builder.host, builder.scheme, builder.body) = (texts[3], texts[4], texts[5])
        builder.size = size
        builder.usesHeaderMap = true
        for index in stride(from: 0, to: headers.count, by: 2) {
            builder.addHeader(headers[index], headers[index + 1])
        }
        return builder.encode()
    }
}
