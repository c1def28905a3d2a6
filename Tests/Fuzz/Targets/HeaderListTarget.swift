// A request as Envoy hands it to the module: a list of header fields, where the connection comes from, and a route's own settings.

import Bytes
import EnvoyProtocol
import Sessions

/// Reads `input` as lines: the address of the connection, the body, then fields, each a name up to the first ":" behind its first byte
/// and a value. What the list says is what the message says that is made of it for a worker.
func fuzzHeaderList(_ input: Bytes) throws(BrokenPromise) {
    let (source, behindSource) = input.split(at: 0x0A)
    let (body, lines) = behindSource.split(at: 0x0A)
    // Envoy's fields lie side by side, for as long as the request does; its names are in lower case.
    let fields = HeaderFields(lines)
    var reader = HeaderListReader(addressHeader: Bytes("x-client"))
    fields.forEach { reader.note($0, $1) }
    reader.joinRepeated(fields.forEach)
    var request = reader.request
    request.noteSource(source)
    request.body = body
    request.bodySize = Int64(body.count)
    let facts = request.listFacts
    let message = request.checkRequest(fields.forEach)
    let told = message.withBytes { bytes -> [[UInt8]?]? in
        guard let check = try? CheckRequest(protobuf: bytes, addressHeader: Bytes("x-client")) else { return nil }
        return withExtendedLifetime(check) { check.request.listFacts }
    }
    try promise(told == facts, "the message says what the list says")
    for (name, value) in zip(Request.listNames, request.listValues) {
        let found = Array(name.utf8).withBytes { HeaderListReader.value(of: $0, fields.forEach) }
        try promise(found == value?.array, "a field is found by its name")
    }
    try promise(request.sourceAddress.lies(within: source), "the address lies in what Envoy says")
    withExtendedLifetime(reader) {}
}

/// Reads `input` as a google.protobuf.Struct in either form; what was read of one is read again of its text.
func fuzzRouteStruct(_ input: Bytes) throws(BrokenPromise) {
    guard let json = JSON(struct: input) else { return }
    try promise(json.members != nil, "a Struct is an object")
    let again = json.compact.withBytes { JSON(struct: $0) }
    try promise(again?.compact == json.compact, "its text says the same")
}

/// Lines of a name and a value each.
private struct HeaderFields {
    private var fields: [(name: Bytes, value: Bytes)] = []

    init(_ lines: Bytes) {
        var rest = lines
        while !rest.isEmpty {
            let (line, behind) = rest.split(at: 0x0A)
            rest = behind
            let (name, value) = line.dropFirst(1).split(at: UInt8(ascii: ":"))
            let whole = line.prefix(min(line.count, name.count + 1))
            guard !whole.isEmpty, !whole.buffer.contains(where: ASCII.isUpper) else { continue }
            fields.append((whole, value))
        }
    }

    func forEach(_ body: (_ name: Bytes, _ value: Bytes) -> Void) {
        for (name, value) in fields { body(name, value) }
    }
}

extension Request {
    /// The headers that decisions read, the last of them being that of the client's address here.
    fileprivate static let listNames = [
        "authorization", "cookie", "content-type", "content-length", "x-forwarded-proto", "x-forwarded-host",
        "x-client",
    ]

    fileprivate var listValues: [Bytes?] {
        [authorization, cookie, contentType, contentLength, forwardedProto, forwardedHost, clientAddress]
    }

    /// What a message says of a list of fields.
    fileprivate var listFacts: [[UInt8]?] {
        let line: [Bytes?] = [method, target, host, scheme, body, hasSourceIP ? sourceAddress : nil]
        return (line + listValues).map { $0?.array }
    }
}
