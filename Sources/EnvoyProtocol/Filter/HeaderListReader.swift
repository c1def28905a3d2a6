// A request as Envoy keeps it: a list of header fields, names in lower case, pseudo-headers first. What a filter inside Envoy sees, and
// what `header_map` tells a service beside it.

import Bytes
import Sessions

/// Finds what decisions read in a list of header fields.
package struct HeaderListReader {
    /// What was found. Its views are those of the fields, and of the reader's own ``joined`` values.
    package private(set) var request = Request()
    private var known: KnownHeaders
    /// Owns the values of fields that came several times; nil when there are none.
    private var joined: JoinedValues?

    /// A reader; `addressHeader` is the lower-case name of the header with the client's address, empty for none.
    package init(addressHeader: Bytes) { known = KnownHeaders(addressHeader) }

    /// Takes one field.
    package mutating func note(_ name: Bytes, _ value: Bytes) {
        if name.first == UInt8(ascii: ":") {
            notePseudoHeader(name, value)
        } else {
            known.noteRepeatable(name, value, in: &request)
        }
    }

    private mutating func notePseudoHeader(_ name: Bytes, _ value: Bytes) {
        if name == ":path" {
            request.target = value
        } else if name == ":method" {
            request.method = value
        } else if name == ":authority" {
            request.host = value
        } else if name == ":scheme" {
            request.scheme = value
        }
    }

    /// Joins the values of what came several times; `forEachField` goes through all fields again.
    package mutating func joinRepeated(_ forEachField: ((_ name: Bytes, _ value: Bytes) -> Void) -> Void) {
        guard known.hasRepeated else { return }
        let owner = JoinedValues()
        joined = owner
        for header in KnownHeader.allCases where known.isRepeated(header) {
            request[header] = owner.keep(joinedValue(of: known.text(of: header), among: forEachField))
        }
    }

    /// The value of a field by its lower-case name, joined when it came several times; nil when there is none.
    package static func value(
        of lowercaseName: Bytes, _ forEachField: ((_ name: Bytes, _ value: Bytes) -> Void) -> Void
    ) -> [UInt8]? {
        var isThere = false
        forEachField { name, _ in isThere = isThere || name == lowercaseName }
        return isThere ? joinedValue(of: lowercaseName, among: forEachField) : nil
    }
}

extension Request {
    /// Notes where the connection comes from, as Envoy writes it: `192.0.2.1:4711`, `[2001:db8::1]:4711`, or no IP address.
    package mutating func noteSource(_ text: Bytes) {
        sourceAddress = text
        hasSourceIP = false
        guard let colon = text.buffer.lastIndex(of: UInt8(ascii: ":")) else { return }
        let host = text.prefix(colon)
        let bare = host.first == UInt8(ascii: "[") && host.count > 2 ? host[1..<host.count - 1] : host
        guard Address(bare) != nil else { return }
        sourceAddress = bare
        hasSourceIP = true
    }

    /// The CheckRequest that Envoy would have sent, for a check that outlives the request's own memory.
    package func checkRequest(_ forEachField: ((_ name: Bytes, _ value: Bytes) -> Void) -> Void) -> [UInt8] {
        var builder = CheckRequestBuilder()
        builder.usesHeaderMap = true
        builder.id = id.array
        builder.method = method.array
        builder.path = target.array
        builder.host = host.array
        builder.scheme = scheme.array
        builder.body = body.isEmpty ? nil : body.array
        builder.size = bodySize
        if hasSourceIP { builder.sourceAddress = sourceAddress.array }
        builder.contextExtensions = overrides?.entries ?? []
        forEachField { name, value in builder.addHeader(name, value) }
        return builder.encode()
    }
}

extension RouteOverrides {
    /// As `context_extensions`.
    var entries: [CheckRequestBuilder.Header] {
        let all: [(StaticString, Bytes?)] = [
            ("sessiongate.mode", mode), ("sessiongate.profile", profile), ("sessiongate.wiki", wiki),
            ("sessiongate.form_bodies", formBodies),
        ]
        return all.compactMap { name, value in
            value.map { CheckRequestBuilder.Header(name: Bytes(name).array, value: $0.array) }
        }
    }
}
