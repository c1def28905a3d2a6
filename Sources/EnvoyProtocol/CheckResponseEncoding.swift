// CheckResponse, to protobuf. Fields that have their default value are left out.

import Bytes

extension CheckResponse {
    /// The message.
    public func encode() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { status in
            if statusCode != 0 { status.int64(1, Int64(statusCode)) }
            if !statusMessage.isEmpty { status.string(2, statusMessage) }
        }
        switch answer {
        case .none: break
        case .ok(let ok): writer.message(3) { message in ok.write(to: &message) }
        case .denied(let denied): writer.message(2) { message in denied.write(to: &message) }
        case .error(let error): writer.message(5) { message in error.write(to: &message) }
        }
        if let members = dynamicMetadata?.members {
            writer.message(4) { fields in fields.structFields(members) }
        }
        return writer.bytes
    }
}

extension CheckResponse.OK {
    fileprivate func write(to writer: inout ProtobufWriter) {
        for option in headers { option.write(as: 2, to: &writer) }
        for name in headersToRemove { writer.string(5, name) }
        for option in responseHeadersToAdd { option.write(as: 6, to: &writer) }
        for parameter in queryParametersToSet {
            writer.message(7) { message in
                if !parameter.key.isEmpty { message.string(1, parameter.key) }
                if !parameter.value.isEmpty { message.string(2, parameter.value) }
            }
        }
        for name in queryParametersToRemove { writer.string(8, name) }
    }
}

extension CheckResponse.Denied {
    fileprivate func write(to writer: inout ProtobufWriter) {
        if status != 0 { writer.message(1) { message in message.int64(1, Int64(status)) } }
        for option in headers { option.write(as: 2, to: &writer) }
        if !body.isEmpty { writer.string(3, body) }
    }
}

extension CheckResponse.HeaderOption {
    fileprivate func write(as field: Int, to writer: inout ProtobufWriter) {
        writer.message(field) { option in
            if !(key.isEmpty && value.isEmpty && rawValue.isEmpty) {
                option.message(1) { header in
                    if !key.isEmpty { header.string(1, key) }
                    if !value.isEmpty { header.string(2, value) }
                    if !rawValue.isEmpty { header.bytes(3, rawValue) }
                }
            }
            if let append { option.boolValue(2, append) }
            if appendAction != .appendIfExistsOrAdd { option.varint(3, UInt64(appendAction.rawValue)) }
            if keepEmptyValue { option.bool(4, true) }
        }
    }
}
