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
            case 1: try source.decode(try reader.delimited())
            case 2: try destination.decode(try reader.delimited())
            case 4: try decodeRequest(try reader.delimited())
            case 10:
                let entry = try MapEntry(try reader.delimited())
                if request.overrides == nil { request.overrides = RouteOverrides() }
                request.overrides?.note(entry.key, entry.value)
            case 11: metadataContext = try reader.delimited()
            case 12: try decodeTLSSession(try reader.delimited())
            case 13: routeMetadataContext = try reader.delimited()
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeRequest(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeTime(try reader.delimited())
            case 2: try decodeHTTP(try reader.delimited())
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeTime(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: timeSeconds = try reader.int64()
            case 2: timeNanos = try reader.int32()
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeTLSSession(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: serverName = try reader.delimited()
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
                if !usesHeaderMap { known.note(entry.key, entry.value) }
            case 4: request.target = try reader.delimited()
            case 5: request.host = try reader.delimited()
            case 6: request.scheme = try reader.delimited()
            case 7: query = try reader.delimited()
            case 8: fragment = try reader.delimited()
            case 9: request.bodySize = try reader.int64()
            case 10: httpProtocol = try reader.delimited()
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
                    known.forget()
                }
                known.noteRepeatable(header.key, header.value)
            default: try reader.skip()
            }
        }
    }
}

extension CheckRequest.Peer {
    mutating func decode(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeAddress(try reader.delimited())
            case 2: service = try reader.delimited()
            case 3: _ = try MapEntry(try reader.delimited())
            case 4: principal = try reader.delimited()
            case 5: certificate = try reader.delimited()
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeAddress(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeSocket(try reader.delimited())
            case 2: try decodePipe(try reader.delimited())
            case 3: try decodeInternal(try reader.delimited())
            default: try reader.skip()
            }
        }
    }

    /// The address is a oneof: another kind replaces the one before.
    private mutating func become(_ kind: AddressKind) {
        guard self.kind != kind else { return }
        (self.kind, address, port, namedPort, isUDP, endpointID) = (kind, .empty, 0, .empty, false, .empty)
    }

    private mutating func decodeSocket(_ message: Bytes) throws(WireError) {
        become(.socket)
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: isUDP = try reader.int32() == 1
            case 2: address = try reader.delimited()
            case 3: (port, namedPort) = (try reader.uint32(), .empty)
            case 4: (port, namedPort) = (0, try reader.delimited())
            default: try reader.skip()
            }
        }
    }

    private mutating func decodePipe(_ message: Bytes) throws(WireError) {
        become(.pipe)
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: address = try reader.delimited()
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeInternal(_ message: Bytes) throws(WireError) {
        become(.envoyInternal)
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: address = try reader.delimited()
            case 2: endpointID = try reader.delimited()
            default: try reader.skip()
            }
        }
    }
}
