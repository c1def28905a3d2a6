// proto3 JSON to protobuf, by a schema. As the specification has it: lower-camel or original names, 64-bit integers as
// strings or numbers, bytes as base64 of either alphabet, enums by name or number, null for absent. A name given twice, two
// fields of one oneof and, unless told otherwise, an unknown name are errors: they name the place.

import Bytes

/// What to do with a member that is no field of the contract's.
public enum UnknownFields: Sendable {
    /// An error that names it.
    case refused
    /// Skipped.
    case ignored
}

struct JSONToProtobuf {
    let unknownFields: UnknownFields

    static func encode(
        _ json: JSON, as schema: MessageSchema, unknownFields: UnknownFields
    ) throws(JSONError) -> [UInt8] {
        var writer = ProtobufWriter()
        try JSONToProtobuf(unknownFields: unknownFields).write(json, as: schema, to: &writer)
        return writer.bytes
    }

    private func write(_ json: JSON, as schema: MessageSchema, to writer: inout ProtobufWriter) throws(JSONError) {
        var seen: UInt64 = 0
        var oneofs: UInt64 = 0
        for member in try members(of: json) {
            let index = schema.fields.firstIndex { field in
                field.jsonName == member.name || field.name == member.name
            }
            guard let index else {
                if unknownFields == .ignored { continue }
                throw JSONError("is not a field of this message", path: member.name)
            }
            let field = schema.fields[index]
            if member.value.isNull { continue }
            guard seen >> UInt64(index) & 1 == 0 else { throw JSONError("is given twice", path: member.name) }
            seen |= 1 << UInt64(index)
            if field.oneof > 0 {
                guard oneofs >> UInt64(field.oneof) & 1 == 0 else {
                    throw JSONError("excludes another field that is given", path: member.name)
                }
                oneofs |= 1 << UInt64(field.oneof)
            }
            try within(member.name) { () throws(JSONError) in try write(member.value, as: field, to: &writer) }
        }
    }

    private func write(_ json: JSON, as field: FieldSchema, to writer: inout ProtobufWriter) throws(JSONError) {
        guard field.isRepeated else { return try writeOne(json, as: field, to: &writer) }
        guard let elements = json.elements else { throw JSONError("expected an array") }
        for (index, element) in elements.enumerated() {
            try within("[\(index)]") { () throws(JSONError) in try writeOne(element, as: field, to: &writer) }
        }
    }

    private func writeOne(_ json: JSON, as field: FieldSchema, to writer: inout ProtobufWriter) throws(JSONError) {
        switch field.kind {
        case .string: writer.string(field.number, try text(json))
        case .headerName: writer.string(field.number, try text(json).lowercasedASCII)
        case .bytes: writer.bytes(field.number, try base64(json))
        case .bool: writer.bool(field.number, try bool(json))
        case .int32: writer.int64(field.number, try integer(json, Int64(Int32.min)...Int64(Int32.max)))
        case .int64: writer.int64(field.number, try integer(json, Int64.min...Int64.max))
        case .uint32: writer.int64(field.number, try integer(json, 0...Int64(UInt32.max)))
        case .enumeration(let values): writer.int64(field.number, try enumeration(json, values))
        case .boolValue: writer.boolValue(field.number, try bool(json))
        case .opaque: throw JSONError("can't be converted from JSON")
        case .opaqueMap: _ = try uniqueMembers(of: json)
        case .stringMap: try writeMap(try uniqueMembers(of: json), as: field, to: &writer)
        case .headers: try writeMap(try uniqueMembers(of: json) { $0.lowercasedASCII }, as: field, to: &writer)
        case .structMap:
            for entry in try uniqueMembers(of: json) {
                let fields = try within(entry.name) { () throws(JSONError) in try structMembers(of: entry.value) }
                writer.message(field.number) { map in
                    map.string(1, entry.name)
                    map.message(2) { structure in structure.structFields(fields) }
                }
            }
        case .timestamp:
            guard let time = JSONTimestamp(try text(json)) else { throw JSONError("expected an RFC 3339 time") }
            writer.message(field.number) { message in
                message.int64(1, time.seconds)
                message.int64(2, Int64(time.nanos))
            }
        case .structure:
            let fields = try structMembers(of: json)
            writer.message(field.number) { structure in structure.structFields(fields) }
        case .message(let schema):
            try writer.message(field.number) { (message) throws(JSONError) in
                try write(json, as: schema, to: &message)
            }
        }
    }

    private func writeMap(
        _ members: [JSON.Member], as field: FieldSchema, to writer: inout ProtobufWriter
    ) throws(JSONError) {
        for entry in members {
            let value = try within(entry.name) { () throws(JSONError) in try text(entry.value) }
            writer.message(field.number) { map in
                map.string(1, entry.name)
                map.string(2, value)
            }
        }
    }

    /// Puts `name` before the path of an error in `body`.
    private func within<Result>(_ name: String, _ body: () throws(JSONError) -> Result) throws(JSONError) -> Result {
        do {
            return try body()
        } catch {
            let separator = error.path.isEmpty || error.path.hasPrefix("[") ? "" : "."
            throw JSONError(error.reason, path: name + separator + error.path)
        }
    }

    private func members(of json: JSON) throws(JSONError) -> [JSON.Member] {
        guard let members = json.members else { throw JSONError("expected an object") }
        return members
    }

    /// The members under the names that `spelling` makes of theirs.
    private func uniqueMembers(
        of json: JSON, spelling: (String) -> String = { $0 }
    ) throws(JSONError) -> [JSON.Member] {
        var names: Set<String> = []
        let members = try members(of: json).map { JSON.Member(spelling($0.name), $0.value) }
        for member in members where !names.insert(member.name).inserted {
            throw JSONError("is given twice", path: member.name)
        }
        return members
    }

    private func structMembers(of json: JSON) throws(JSONError) -> [JSON.Member] {
        let members = try uniqueMembers(of: json)
        for member in members {
            try within(member.name) { () throws(JSONError) in try checkStructValue(member.value) }
        }
        return members
    }

    private func checkStructValue(_ value: JSON) throws(JSONError) {
        switch value {
        case .number: if value.doubleValue?.isFinite != true { throw JSONError("is too large a number") }
        case .object: _ = try structMembers(of: value)
        case .array(let elements): for element in elements { try checkStructValue(element) }
        default: break
        }
    }

    private func text(_ json: JSON) throws(JSONError) -> String {
        guard let text = json.stringValue else { throw JSONError("expected a string") }
        return text
    }

    private func bool(_ json: JSON) throws(JSONError) -> Bool {
        guard let value = json.boolValue else { throw JSONError("expected true or false") }
        return value
    }

    private func base64(_ json: JSON) throws(JSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        let isBase64 = Array(try text(json).utf8).withBytes { text in Base64.decodeEither(text, into: &bytes) }
        guard isBase64 else { throw JSONError("expected base64") }
        return bytes
    }

    private func integer(_ json: JSON, _ range: ClosedRange<Int64>) throws(JSONError) -> Int64 {
        guard let value = json.integerValue ?? json.stringValue.flatMap({ text in Int64(text) }) else {
            throw JSONError("expected a whole number")
        }
        guard range.contains(value) else {
            throw JSONError("expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private func enumeration(_ json: JSON, _ values: [FieldSchema.EnumValue]) throws(JSONError) -> Int64 {
        guard let name = json.stringValue else { return try integer(json, Int64(Int32.min)...Int64(Int32.max)) }
        guard let value = values.first(where: { value in value.name == name }) else {
            throw JSONError("expected one of \(values.map(\.name).joined(separator: ", "))")
        }
        return Int64(value.number)
    }
}

extension String {
    /// The same with ASCII letters in lower case.
    fileprivate var lowercasedASCII: String {
        String(decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
