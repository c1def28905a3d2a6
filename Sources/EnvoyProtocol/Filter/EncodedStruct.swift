// A google.protobuf.Struct as Envoy hands it over: as JSON; by Envoy 1.38 for routes as the encoded message.

import Bytes

extension JSON {
    /// The object that a Struct is; nil when the text is none. In an encoded one texts and truth values are read, and all else is null.
    package init?(struct text: Bytes) {
        if let json = try? JSON(parsing: text), json.members != nil {
            self = json
        } else if let members = try? Self.members(of: text) {
            self = .object(members)
        } else {
            return nil
        }
    }

    private static func members(of message: Bytes) throws(WireError) -> [Member] {
        var members: [Member] = []
        var reader = ProtobufReader(message)
        while try reader.next() {
            guard reader.field == 1 else { throw .badFieldNumber }
            members.append(try member(try reader.delimited()))
        }
        return members
    }

    private static func member(_ entry: Bytes) throws(WireError) -> Member {
        var member = Member("", .null)
        var reader = ProtobufReader(entry)
        while try reader.next() {
            switch reader.field {
            case 1: member.name = try reader.delimited().string
            case 2: member.value = try value(try reader.delimited())
            default: throw .badFieldNumber
            }
        }
        return member
    }

    private static func value(_ message: Bytes) throws(WireError) -> JSON {
        var value = JSON.null
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 3: value = .string(try reader.delimited().string)
            case 4: value = .bool(try reader.varint() != 0)
            default: try reader.skip()
            }
        }
        return value
    }
}
