// The one pass over a CheckRequest: a function for each message, a case for each field of the contract.

import Bytes
import Sessions

extension CheckRequest {
    mutating func decode() throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeAttributes(try reader.delimited())
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeAttributes(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeSource(try reader.delimited())
            case 4: try decodeRequest(try reader.delimited())
            case 10:
                let entry = try MapEntry(try reader.delimited())
                if request.overrides == nil { request.overrides = RouteOverrides() }
                request.overrides?.note(entry.key, entry.value)
            // destination, metadata_context, tls_session, route_metadata_context
            case 2, 11, 12, 13: _ = try reader.delimited()
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeRequest(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            // time
            case 1: _ = try reader.delimited()
            case 2: try decodeHTTP(try reader.delimited())
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeHTTP(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: request.id = try reader.delimited()
            case 2: request.method = try reader.delimited()
            case 3:
                let entry = try MapEntry(try reader.delimited())
                if !usesHeaderMap { known.note(entry.key, entry.value, in: &request) }
            case 4: request.target = try reader.delimited()
            case 5: request.host = try reader.delimited()
            case 6: request.scheme = try reader.delimited()
            // query, fragment (Envoy leaves both in the path), protocol
            case 7, 8, 10: _ = try reader.delimited()
            case 9: request.bodySize = try reader.int64()
            case 11: textBody = try reader.delimited()
            case 12: rawBody = try reader.delimited()
            case 13: try decodeHeaderMap(try reader.delimited())
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeHeaderMap(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1:
                let header = try HeaderValue(try reader.delimited())
                if !usesHeaderMap {
                    usesHeaderMap = true
                    // What the map said does not count.
                    for header in KnownHeader.allCases { request[header] = nil }
                }
                known.noteRepeatable(header.key, header.value, in: &request)
            default: try reader.skip()
            }
        }
    }
}

// The source: of a Peer its address.
extension CheckRequest {
    private mutating func decodeSource(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeAddress(try reader.delimited())
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeAddress(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeAddress(.socket, try reader.delimited(), field: 2)
            case 2: try decodeAddress(.pipe, try reader.delimited(), field: 1)
            case 3: try decodeAddress(.envoyInternal, try reader.delimited(), field: 1)
            default: try reader.skip()
            }
        }
    }

    /// The address is a oneof: another kind replaces the one before. Its text is in `field`.
    private mutating func decodeAddress(
        _ kind: SourceKind, _ message: Bytes, field: UInt32
    ) throws(WireError) {
        if sourceKind != kind { request.sourceAddress = .empty }
        sourceKind = kind
        var reader = ProtobufReader(message)
        while try reader.next() {
            if reader.field == field {
                request.sourceAddress = try reader.delimited()
            } else {
                try reader.skip()
            }
        }
    }
}
