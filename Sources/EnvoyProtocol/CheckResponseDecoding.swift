// CheckResponse, from protobuf. Strict where the request's reader is lenient: a string must be UTF-8, since Envoy refuses
// an answer with one that is not.

import Bytes

extension CheckResponse {
    /// Decodes a message.
    public init(protobuf message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeStatus(try reader.delimited())
            case 2:
                var denied = self.denied ?? Denied()
                try denied.decode(try reader.delimited())
                answer = .denied(denied)
            case 3:
                var ok = self.ok ?? OK()
                try ok.decode(try reader.delimited())
                answer = .ok(ok)
            case 4: dynamicMetadata = try JSON(protobufStruct: try reader.delimited())
            case 5:
                var error = self.error ?? Denied()
                try error.decode(try reader.delimited())
                answer = .error(error)
            default: try reader.skip()
            }
        }
    }

    /// Decodes a message.
    public init(protobuf message: [UInt8]) throws(WireError) {
        self = try message.withBytes { (bytes) throws(WireError) in try CheckResponse(protobuf: bytes) }
    }

    private mutating func decodeStatus(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: statusCode = try reader.int32()
            case 2: statusMessage = try (try reader.delimited()).text()
            default: try reader.skip()
            }
        }
    }
}

extension CheckResponse.OK {
    fileprivate mutating func decode(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 2: headers.append(try CheckResponse.HeaderOption(try reader.delimited()))
            case 5: headersToRemove.append(try (try reader.delimited()).text())
            case 6: responseHeadersToAdd.append(try CheckResponse.HeaderOption(try reader.delimited()))
            case 7:
                let entry = try MapEntry(try reader.delimited())
                queryParametersToSet.append(CheckResponse.QueryParameter(try entry.key.text(), try entry.value.text()))
            case 8: queryParametersToRemove.append(try (try reader.delimited()).text())
            default: try reader.skip()
            }
        }
    }
}

extension CheckResponse.Denied {
    fileprivate mutating func decode(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeStatus(try reader.delimited())
            case 2: headers.append(try CheckResponse.HeaderOption(try reader.delimited()))
            case 3: body = try (try reader.delimited()).text()
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeStatus(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: status = try reader.int32()
            default: try reader.skip()
            }
        }
    }
}

extension CheckResponse.HeaderOption {
    fileprivate init(_ message: Bytes) throws(WireError) {
        self.init("", "")
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: try decodeHeader(try reader.delimited())
            case 2: append = try Self.boolValue(try reader.delimited())
            case 3:
                guard let action = HeaderAppendAction(rawValue: try reader.int32()) else { throw .outOfRange }
                appendAction = action
            case 4: keepEmptyValue = try reader.bool()
            default: try reader.skip()
            }
        }
    }

    private mutating func decodeHeader(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: key = try (try reader.delimited()).text()
            case 2: value = try (try reader.delimited()).text()
            case 3: rawValue = try reader.delimited().array
            default: try reader.skip()
            }
        }
    }

    static func boolValue(_ message: Bytes) throws(WireError) -> Bool {
        var value = false
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: value = try reader.bool()
            default: try reader.skip()
            }
        }
        return value
    }
}
