// The parts that a CheckResponse repeats, written straight into the answer: header mutations and metadata.

/// What a header mutation does when the header exists or doesn't: `HeaderValueOption.HeaderAppendAction`.
public enum HeaderAppendAction: Int32, Sendable, CaseIterable {
    /// Another value is added.
    case appendIfExistsOrAdd = 0
    /// Only when it does not exist.
    case addIfAbsent = 1
    /// The only value from then on.
    case overwriteIfExistsOrAdd = 2
    /// Only when it exists.
    case overwriteIfExists = 3
}

extension ProtobufWriter {
    /// A `HeaderValueOption` as field `field`. Key and value must be valid header parts and UTF-8.
    ///
    /// To overwrite a request header in every version of Envoy: `append: false` and `.overwriteIfExistsOrAdd`. To add a
    /// Set-Cookie to the response: neither.
    @inlinable
    public mutating func headerOption(
        _ field: Int, key: Bytes, value: Bytes, append: Bool? = nil, action: HeaderAppendAction = .appendIfExistsOrAdd
    ) {
        let option = beginMessage(field)
        let header = beginMessage(1)
        bytes(1, key)
        bytes(2, value)
        endMessage(header)
        if let append { boolValue(2, append) }
        if action != .appendIfExistsOrAdd { varint(3, UInt64(action.rawValue)) }
        endMessage(option)
    }

    /// A `google.protobuf.BoolValue` as field `field`: false is there, and empty.
    @inlinable
    public mutating func boolValue(_ field: Int, _ value: Bool) {
        let mark = beginMessage(field)
        if value { bool(1, true) }
        endMessage(mark)
    }

    /// A string in the `google.protobuf.Struct` that is being written. The value must be UTF-8.
    @inlinable
    public mutating func structField(_ key: StaticString, _ value: Bytes) {
        let entry = beginMessage(1)
        string(1, key)
        let content = beginMessage(2)
        bytes(3, value)
        endMessage(content)
        endMessage(entry)
    }

    /// A `google.protobuf.Struct`, whose fields `body` writes, in the one that is being written.
    @inlinable
    public mutating func structField<Failure: Error>(
        _ key: StaticString, fields body: (inout ProtobufWriter) throws(Failure) -> Void
    ) throws(Failure) {
        let entry = beginMessage(1)
        string(1, key)
        let content = beginMessage(2)
        let fields = beginMessage(5)
        try body(&self)
        endMessage(fields)
        endMessage(content)
        endMessage(entry)
    }
}
