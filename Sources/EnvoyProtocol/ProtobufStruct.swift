// google.protobuf.Struct: JSON inside protobuf, in which metadata travels.
//
//     Struct := fields=1 (map: key=1, Value=2)
//     Value  := null=1 | number=2 (double) | string=3 | bool=4 | Struct=5 | ListValue=6 (values=1)

import Bytes

extension JSON {
    /// How deep a Struct may be.
    static var structDepth: Int { 64 }

    /// Reads a `google.protobuf.Struct`; always an object. A name's last value counts.
    public init(protobufStruct message: Bytes) throws(WireError) {
        self = try JSON(fieldsOf: message, depthLeft: Self.structDepth)
    }

    private init(fieldsOf message: Bytes, depthLeft: Int) throws(WireError) {
        guard depthLeft > 0 else { throw .tooDeep }
        var members = UniqueMembers()
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1:
                let entry = try MapEntry(try reader.delimited())
                members.set(try entry.key.text(), try JSON(value: entry.value, depthLeft: depthLeft - 1))
            default: try reader.skip()
            }
        }
        self = .object(members.list)
    }

    private init(elementsOf message: Bytes, depthLeft: Int) throws(WireError) {
        guard depthLeft > 0 else { throw .tooDeep }
        var elements: [JSON] = []
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: elements.append(try JSON(value: try reader.delimited(), depthLeft: depthLeft - 1))
            default: try reader.skip()
            }
        }
        self = .array(elements)
    }

    private init(value message: Bytes, depthLeft: Int) throws(WireError) {
        self = .null
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1:
                _ = try reader.varint()
                self = .null
            case 2: self = try JSON(finite: try reader.double())
            case 3: self = .string(try (try reader.delimited()).text())
            case 4: self = .bool(try reader.bool())
            case 5: self = try JSON(fieldsOf: try reader.delimited(), depthLeft: depthLeft)
            case 6: self = try JSON(elementsOf: try reader.delimited(), depthLeft: depthLeft)
            default: try reader.skip()
            }
        }
    }

    /// A number as its shortest literal; whole ones without a fraction.
    private init(finite number: Double) throws(WireError) {
        guard number.isFinite else { throw .outOfRange }
        if let whole = Self.wholeNumber(number), number.sign == .plus || whole != 0 {
            self = .integer(whole)
        } else {
            self = .number(number.description)
        }
    }
}

extension ProtobufWriter {
    /// The fields of a `google.protobuf.Struct` from an object. A number that no double can hold is written as null.
    public mutating func structFields(_ members: [JSON.Member]) {
        for member in members {
            message(1) { entry in
                entry.string(1, member.name)
                entry.message(2) { content in content.structValue(member.value) }
            }
        }
    }

    private mutating func structValue(_ value: JSON) {
        switch value {
        case .null: varint(1, 0)
        case .bool(let value): bool(4, value)
        case .string(let text): string(3, text)
        case .number:
            guard let number = value.doubleValue, number.isFinite else { return varint(1, 0) }
            double(2, number)
        case .object(let members): message(5) { fields in fields.structFields(members) }
        case .array(let elements):
            message(6) { list in
                for element in elements { list.message(1) { content in content.structValue(element) } }
            }
        }
    }
}

/// The members of an object that comes from a map: a name set again replaces its value.
struct UniqueMembers {
    private(set) var list: [JSON.Member] = []
    private var positions: [String: Int] = [:]

    mutating func set(_ name: String, _ value: JSON) {
        if let position = positions[name] {
            list[position].value = value
        } else {
            positions[name] = list.count
            list.append(JSON.Member(name, value))
        }
    }
}

extension Bytes {
    /// A copy as text.
    func text() throws(WireError) -> String {
        guard let text = String(validating: buffer, as: UTF8.self) else { throw .invalidUTF8 }
        return text
    }
}
