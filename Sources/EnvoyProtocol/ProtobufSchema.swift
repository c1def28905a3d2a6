// What proto3 JSON needs to know of a message: the names, numbers and types of its fields. The contract's messages are few,
// so they are tables here, and one reader and one writer serve them all.

import Bytes

/// The fields of a message.
struct MessageSchema: Sendable {
    let fields: [FieldSchema]

    init(_ fields: FieldSchema...) { self.fields = fields }
}

/// A field of a message.
struct FieldSchema: Sendable {
    enum Kind: Sendable {
        case string
        /// A header's name: in lower case, as HTTP/2 and Envoy have it.
        case headerName
        case bytes
        case bool
        case int32
        case int64
        case uint32
        case enumeration([EnumValue])
        case message(MessageSchema)
        /// `map<string, string>`
        case stringMap
        /// The same, by header name.
        case headers
        /// `map<string, google.protobuf.Struct>`
        case structMap
        case timestamp
        case structure
        case boolValue
        /// `google.protobuf.Any`: what is inside can't be known here.
        case opaque
        /// `map<string, google.protobuf.Any>`: nothing here depends on it, so it is left out.
        case opaqueMap
    }

    /// A name and its number.
    struct EnumValue: Sendable {
        let name: String
        let number: Int32

        init(_ name: String, _ number: Int32) { (self.name, self.number) = (name, number) }
    }

    let number: Int
    /// The name in the .proto file.
    let name: String
    /// The same in lower camel case.
    let jsonName: String
    let kind: Kind
    let isRepeated: Bool
    /// Fields of one message with the same number here, other than 0, exclude each other.
    let oneof: Int

    init(_ number: Int, _ name: String, _ kind: Kind, repeated: Bool = false, oneof: Int = 0) {
        self.number = number
        self.name = name
        self.kind = kind
        self.isRepeated = repeated
        self.oneof = oneof
        var words = name.split(separator: "_")
        let first = words.removeFirst()
        jsonName = words.reduce(into: String(first)) { text, word in
            text += String(word.prefix(1)).uppercased() + word.dropFirst()
        }
    }
}
