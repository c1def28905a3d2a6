// The head of a request, of HTTP/1.1 or HTTP/2. Everything lies in one buffer, which is emptied and used again: no field is
// allocated by itself.

import Bytes

/// Method, target and header fields of a request.
package struct RequestHead {
    /// The methods that endpoints answer.
    package enum Method: Equatable, Sendable {
        /// GET.
        case get
        /// HEAD, which is GET without the body.
        case head
        /// POST.
        case post
        /// Any other.
        case other

        /// The method of this name, which is case-sensitive.
        package init(_ name: Bytes) {
            self = name == "POST" ? .post : name == "GET" ? .get : name == "HEAD" ? .head : .other
        }
    }

    /// The method.
    package private(set) var method = Method.other
    /// The endpoint that the path names.
    package private(set) var endpoint = Endpoint.other
    /// What the body is.
    package private(set) var mediaType = MediaType.none
    /// Nanoseconds that the caller waits; nil when it did not say, or said something invalid.
    package private(set) var timeout: Int64?
    /// Bytes of all fields, names and values, and 32 for each, as HTTP/2 counts them (RFC 9113 section 6.5.2).
    package private(set) var size = 0
    /// How many fields there are.
    package private(set) var fieldCount = 0

    /// Bytes that are kept of it.
    var keptBytes: Int { text.count + fields.count * MemoryLayout<(Range<Int>, Range<Int>)>.size }

    fileprivate struct Parts {
        var method = 0..<0
        var path = 0..<0
        var authority = 0..<0
        var scheme = 0..<0
        var origin = 0..<0
        var accept = 0..<0
        var authorization = 0..<0
    }

    private var text: [UInt8] = []
    fileprivate var parts = Parts()
    fileprivate var fields: [(name: Range<Int>, value: Range<Int>)] = []

    /// An empty head.
    package init() {}

    /// Empties the head. Its memory is kept for the next, unless an unusual request needed much.
    package mutating func reset() {
        method = .other
        endpoint = .other
        mediaType = .none
        timeout = nil
        size = 0
        fieldCount = 0
        parts = Parts()
        text.recycle()
        fields.count > 128 ? fields = [] : fields.removeAll(keepingCapacity: true)
    }
}

// MARK: - As it arrives

extension RequestHead {
    /// Sets the method.
    package mutating func setMethod(_ value: Bytes) {
        method = Method(value)
        parts.method = keep(value)
        size += 39 + value.count
    }

    /// Sets the path with its query, and with it the endpoint.
    package mutating func setPath(_ value: Bytes) {
        endpoint = Endpoint(path: value)
        parts.path = keep(value)
        size += 37 + value.count
    }

    /// Sets the authority (HTTP/1.1: the Host field).
    package mutating func setAuthority(_ value: Bytes) {
        parts.authority = keep(value)
        size += 42 + value.count
    }

    /// Sets the scheme.
    package mutating func setScheme(_ value: Bytes) {
        parts.scheme = keep(value)
        size += 39 + value.count
    }

    /// Adds a field, whose `name` is lower-case. The fields that every endpoint needs are read here; the others are kept only
    /// where the endpoint reads them.
    package mutating func addField(_ name: Bytes, _ value: Bytes) {
        count(name, value)
        if name.count == 12 {
            if name == "content-type" {
                mediaType = MediaType(value)
            } else if name == "grpc-timeout" {
                timeout = GRPCTimeout.nanoseconds(value)
            }
        }
        if endpoint == .other { keepForOperators(name, value) }
        if endpoint.keepsFields { fields.append((keep(name), keep(value))) }
    }

    /// Keeps what the admin listener reads.
    private mutating func keepForOperators(_ name: Bytes, _ value: Bytes) {
        if name == "origin" {
            parts.origin = keep(value)
        } else if name == "accept" {
            parts.accept = keep(value)
        } else if name == "authorization" {
            parts.authorization = keep(value)
        }
    }

    /// Counts a field that is not kept, since there are too many.
    package mutating func count(_ name: Bytes, _ value: Bytes) {
        size += 32 + name.count + value.count
        fieldCount += 1
    }

    private mutating func keep(_ bytes: Bytes) -> Range<Int> {
        let start = text.count
        text.append(bytes)
        return start..<text.count
    }
}

// MARK: - As it is read

extension RequestHead {
    /// Views of a head, valid during the call that they are passed to.
    package struct View {
        fileprivate let head: RequestHead
        fileprivate let text: Bytes

        /// The method's name.
        package var method: Bytes { text[head.parts.method] }
        /// The path with its query.
        package var path: Bytes { text[head.parts.path] }
        /// The authority.
        package var authority: Bytes { text[head.parts.authority] }
        /// The scheme.
        package var scheme: Bytes { text[head.parts.scheme] }
        /// The Origin field, of a request for none of the data listeners' endpoints; else empty.
        package var origin: Bytes { text[head.parts.origin] }
        /// The Accept field, of such a request.
        package var accept: Bytes { text[head.parts.accept] }
        /// The Authorization field, of such a request.
        package var authorization: Bytes { text[head.parts.authorization] }

        /// Calls `body` with the name (lower-case) and value of each kept field, in their order.
        package func forEachField(_ body: (Bytes, Bytes) -> Void) {
            for field in head.fields { body(text[field.name], text[field.value]) }
        }
    }

    /// Calls `body` with views of the head.
    package func withView<Result, Failure: Error>(_ body: (View) throws(Failure) -> Result) throws(Failure) -> Result {
        try text.withBytes { (text) throws(Failure) -> Result in try body(View(head: self, text: text)) }
    }
}

extension [UInt8] {
    /// Appends `value`, which is not negative, in decimal digits.
    package mutating func append(decimal value: Int) {
        if value > 9 { append(decimal: value / 10) }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }

    /// The capacity that an emptied array keeps at most, in bytes.
    package static var keptCapacity: Int { 64 << 10 }

    /// Empties the array; its memory is kept, unless that is more than ``keptCapacity``.
    package mutating func recycle() {
        if capacity > Self.keptCapacity { self = [] } else if !isEmpty { removeAll(keepingCapacity: true) }
    }
}
