// The parts that a CheckResponse repeats, written straight into the answer: header mutations and metadata.

import Bytes

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
        let header = Self.delimitedSize(1, key.count) + Self.delimitedSize(2, value.count)
        let appendSize = append.map { append in append ? 4 : 2 } ?? 0
        let actionSize = action == .appendIfExistsOrAdd ? 0 : 2
        let option = Self.delimitedSize(1, header) + appendSize + actionSize
        bytes.append(addingCapacity: Self.delimitedSize(field, option)) { (span: inout OutputSpan<UInt8>) in
            span.appendTag(field, .delimited)
            span.appendVarint(UInt64(truncatingIfNeeded: option))
            span.appendTag(1, .delimited)
            span.appendVarint(UInt64(truncatingIfNeeded: header))
            span.appendDelimited(1, key)
            span.appendDelimited(2, value)
            if let append {
                span.appendTag(2, .delimited)
                span.append(append ? 2 : 0)
                if append {
                    span.appendTag(1, .varint)
                    span.append(1)
                }
            }
            if actionSize > 0 {
                span.appendTag(3, .varint)
                span.append(UInt8(truncatingIfNeeded: action.rawValue))
            }
        }
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
        let name = Bytes(key)
        let content = Self.delimitedSize(3, value.count)
        let entry = Self.delimitedSize(1, name.count) + Self.delimitedSize(2, content)
        bytes.append(addingCapacity: Self.delimitedSize(1, entry)) { (span: inout OutputSpan<UInt8>) in
            span.appendTag(1, .delimited)
            span.appendVarint(UInt64(truncatingIfNeeded: entry))
            span.appendDelimited(1, name)
            span.appendTag(2, .delimited)
            span.appendVarint(UInt64(truncatingIfNeeded: content))
            span.appendDelimited(3, value)
        }
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

    /// Bytes of a delimited field with `length` bytes of content.
    @inlinable
    static func delimitedSize(_ field: Int, _ length: Int) -> Int {
        varintSize(field << 3) + varintSize(length) + length
    }

    @inlinable
    static func varintSize(_ value: Int) -> Int {
        value < 0x80 ? 1 : (UInt64.bitWidth - UInt64(truncatingIfNeeded: value).leadingZeroBitCount + 6) / 7
    }
}
