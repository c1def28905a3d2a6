// Protobuf to proto3 JSON, by a schema: lower-camel names, scalars left out when they have their default and are not of a
// oneof, 64-bit integers as strings, enums by name. Unknown fields are left out.

import Bytes

struct ProtobufToJSON {
    private let schema: MessageSchema
    private var values: [JSON?]
    private var maps: [UniqueMembers]
    /// Contents of single messages: protobuf merges a repeated one, and merging is reading one after the other.
    private var contents: [[UInt8]?]

    static func decode(_ message: Bytes, as schema: MessageSchema) throws(WireError) -> JSON {
        var decoder = ProtobufToJSON(schema)
        return try decoder.decode(message)
    }

    private init(_ schema: MessageSchema) {
        self.schema = schema
        values = Array(repeating: nil, count: schema.fields.count)
        maps = Array(repeating: UniqueMembers(), count: schema.fields.count)
        contents = Array(repeating: nil, count: schema.fields.count)
    }

    private mutating func decode(_ message: Bytes) throws(WireError) -> JSON {
        var reader = ProtobufReader(message)
        while try reader.next() {
            let number = Int(reader.field)
            if let index = schema.fields.firstIndex(where: { field in field.number == number }) {
                clearOneof(of: index)
                try read(index, from: &reader)
            } else {
                try reader.skip()
            }
        }
        var members: [JSON.Member] = []
        for (index, field) in schema.fields.enumerated() {
            if let value = try value(index) { members.append(JSON.Member(field.jsonName, value)) }
        }
        return .object(members)
    }

    private mutating func clearOneof(of index: Int) {
        let oneof = schema.fields[index].oneof
        guard oneof > 0 else { return }
        for other in schema.fields.indices where other != index && schema.fields[other].oneof == oneof {
            (values[other], contents[other]) = (nil, nil)
        }
    }

    private mutating func read(_ index: Int, from reader: inout ProtobufReader) throws(WireError) {
        let field = schema.fields[index]
        switch field.kind {
        case .opaque, .opaqueMap: try reader.skip()
        case .stringMap, .headers:
            let entry = try MapEntry(try reader.delimited())
            maps[index].set(try entry.key.text(), .string(try entry.value.text()))
        case .structMap:
            let entry = try MapEntry(try reader.delimited())
            let value = try JSON(protobufStruct: entry.value)
            maps[index].set(try entry.key.text(), value)
        case .message(let schema) where field.isRepeated:
            append(try ProtobufToJSON.decode(try reader.delimited(), as: schema), to: index)
        case .message, .timestamp, .structure, .boolValue:
            let content = try reader.delimited()
            if contents[index] == nil { contents[index] = [] }
            contents[index]?.append(content)
        default:
            let value = try scalar(field, from: &reader)
            if field.isRepeated { append(value, to: index) } else { values[index] = value }
        }
    }

    private mutating func append(_ value: JSON, to index: Int) {
        guard case .array(var elements) = values[index] else { return values[index] = .array([value]) }
        values[index] = nil
        elements.append(value)
        values[index] = .array(elements)
    }

    private func scalar(_ field: FieldSchema, from reader: inout ProtobufReader) throws(WireError) -> JSON {
        switch field.kind {
        case .bytes:
            var text: [UInt8] = []
            Base64.encodeStandard(try reader.delimited(), into: &text)
            return .string(String(decoding: text, as: UTF8.self))
        case .bool: return .bool(try reader.bool())
        case .int32: return .integer(Int64(try reader.int32()))
        case .int64: return .string(String(try reader.int64()))
        case .uint32: return .integer(Int64(try reader.uint32()))
        case .enumeration(let values):
            let number = try reader.int32()
            let name = values.first { value in value.number == number }?.name
            return name.map { name in .string(name) } ?? .integer(Int64(number))
        default: return .string(try (try reader.delimited()).text())
        }
    }

    private func value(_ index: Int) throws(WireError) -> JSON? {
        let field = schema.fields[index]
        if !maps[index].list.isEmpty { return .object(maps[index].list) }
        if let content = contents[index] {
            return try content.withBytes { (bytes) throws(WireError) -> JSON in try message(bytes, field.kind) }
        }
        guard let value = values[index] else { return nil }
        return field.oneof == 0 && !field.isRepeated && isDefault(value, of: field.kind) ? nil : value
    }

    private func message(_ bytes: Bytes, _ kind: FieldSchema.Kind) throws(WireError) -> JSON {
        switch kind {
        case .message(let schema): return try ProtobufToJSON.decode(bytes, as: schema)
        case .timestamp: return try timestamp(bytes)
        case .boolValue: return .bool(try CheckResponse.HeaderOption.boolValue(bytes))
        default: return try JSON(protobufStruct: bytes)
        }
    }

    private func timestamp(_ message: Bytes) throws(WireError) -> JSON {
        var time = JSONTimestamp(seconds: 0, nanos: 0)
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: time.seconds = try reader.int64()
            case 2: time.nanos = try reader.int32()
            default: try reader.skip()
            }
        }
        guard let text = time.text else { throw .outOfRange }
        return .string(text)
    }

    private func isDefault(_ value: JSON, of kind: FieldSchema.Kind) -> Bool {
        switch kind {
        case .string, .headerName, .bytes: value == .string("")
        case .bool: value == .bool(false)
        case .int32, .uint32: value == .integer(0)
        case .int64: value == .string("0")
        case .enumeration(let values): value == .string(values[0].name)
        default: false
        }
    }
}
