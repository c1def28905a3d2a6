// Protobuf, written to the end of a buffer that the caller keeps and reuses.
//
// A nested message's length is not known until it is written: one byte is kept for it, and the content moves up when it
// needs more. Lengths are therefore always canonical, and no part of a message is built elsewhere first.

import Bytes

/// Appends protobuf fields to bytes.
public struct ProtobufWriter {
    /// Where an open message's content begins.
    public struct Mark: Sendable {
        @usableFromInline let start: Int

        @inlinable
        init(start: Int) { self.start = start }
    }

    /// What is written so far. A field's content may also be appended here, between ``beginMessage(_:)`` and
    /// ``endMessage(_:)``.
    public var bytes: [UInt8]

    /// Appends to `bytes`.
    @inlinable
    public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// Lets `body` write to the end of `bytes`, in place: without allocation where the capacity suffices.
    @inlinable
    public static func append<Result, Failure: Error>(
        to bytes: inout [UInt8], _ body: (inout ProtobufWriter) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var writer = ProtobufWriter()
        swap(&writer.bytes, &bytes)
        defer { swap(&writer.bytes, &bytes) }
        return try body(&writer)
    }

    /// Opens a delimited field, a message as a rule: what is written until ``endMessage(_:)`` is its content.
    @inlinable
    public mutating func beginMessage(_ field: Int) -> Mark {
        bytes.append(addingCapacity: 11) { (span: inout OutputSpan<UInt8>) in
            span.appendTag(field, .delimited)
            span.append(0)
        }
        return Mark(start: bytes.count)
    }

    /// Closes the field that `mark` opened, which must be the one opened last.
    @inlinable
    public mutating func endMessage(_ mark: Mark) {
        let length = bytes.count - mark.start
        precondition(length >= 0, "the mark is of another buffer")
        if length < 0x80 {
            bytes[mark.start - 1] = UInt8(truncatingIfNeeded: length)
        } else {
            patchLongLength(length, at: mark.start)
        }
    }

    /// Bytes of a delimited field with a content of `length` bytes.
    @inlinable
    public static func size(_ field: Int, length: Int) -> Int {
        func varint(_ value: Int) -> Int { (max(1, Int.bitWidth - value.leadingZeroBitCount) + 6) / 7 }
        return varint(field << 3) + varint(length) + length
    }

    /// A field whose content `body` writes.
    @inlinable
    public mutating func message<Failure: Error>(
        _ field: Int, _ body: (inout ProtobufWriter) throws(Failure) -> Void
    ) throws(Failure) {
        let mark = beginMessage(field)
        try body(&self)
        endMessage(mark)
    }

    /// A string or bytes field, written even when empty. A string's bytes must be valid UTF-8: see ``Bytes/isUTF8``.
    @inlinable
    public mutating func bytes(_ field: Int, _ value: Bytes) {
        bytes.append(addingCapacity: 20 + value.count) { (span: inout OutputSpan<UInt8>) in
            span.appendDelimited(field, value)
        }
    }

    /// A string field.
    @inlinable
    public mutating func string(_ field: Int, _ value: StaticString) { bytes(field, Bytes(value)) }

    /// A string field.
    @inlinable
    public mutating func string(_ field: Int, _ value: String) {
        tag(field, .delimited)
        rawVarint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// A string or bytes field.
    @inlinable
    public mutating func bytes(_ field: Int, _ value: [UInt8]) {
        value.withBytes { view in bytes(field, view) }
    }

    /// An integer or enum field.
    @inlinable
    public mutating func varint(_ field: Int, _ value: UInt64) {
        tag(field, .varint)
        rawVarint(value)
    }

    /// An int64 or int32 field.
    @inlinable
    public mutating func int64(_ field: Int, _ value: Int64) { varint(field, UInt64(bitPattern: value)) }

    @inlinable
    mutating func tag(_ field: Int, _ type: ProtobufReader.WireType) {
        bytes.append(addingCapacity: 10) { (span: inout OutputSpan<UInt8>) in span.appendTag(field, type) }
    }

    @inlinable
    mutating func rawVarint(_ value: UInt64) {
        bytes.append(addingCapacity: 10) { (span: inout OutputSpan<UInt8>) in span.appendVarint(value) }
    }

    @usableFromInline
    mutating func patchLongLength(_ length: Int, at start: Int) {
        let extra = (UInt64.bitWidth - UInt64(length).leadingZeroBitCount + 6) / 7 - 1
        for _ in 0..<extra { bytes.append(0) }
        bytes.withUnsafeMutableBytes { buffer in
            let content = UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
            UnsafeMutableRawBufferPointer(rebasing: buffer[(start + extra)...]).copyMemory(from: content)
            var rest = length
            for index in start - 1..<start - 1 + extra {
                buffer[index] = UInt8(truncatingIfNeeded: rest) | 0x80
                rest >>= 7
            }
            buffer[start - 1 + extra] = UInt8(truncatingIfNeeded: rest)
        }
    }
}

/// Parts of fields, into room that was made for them: at most ten bytes a varint.
extension OutputSpan where Element == UInt8 {
    @inlinable
    mutating func appendTag(_ field: Int, _ type: ProtobufReader.WireType) {
        appendVarint(UInt64(truncatingIfNeeded: field) << 3 | UInt64(type.rawValue))
    }

    @inlinable
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable
    mutating func appendDelimited(_ field: Int, _ value: Bytes) {
        appendTag(field, .delimited)
        appendVarint(UInt64(truncatingIfNeeded: value.count))
        append(value)
    }

    /// The tag and the length of a field whose content, of `length` bytes, comes next.
    @inlinable
    mutating func beginMessage(_ field: Int, length: Int) {
        appendTag(field, .delimited)
        appendVarint(UInt64(truncatingIfNeeded: length))
    }

    @inlinable
    mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
        bytes.withUnsafeBufferPointer { append(Bytes($0)[range]) }
    }

    @inlinable
    mutating func append(_ value: Bytes) {
        precondition(value.count <= freeCapacity, "no room was made for it")
        withUnsafeMutableBufferPointer { buffer, count in
            guard let start = buffer.baseAddress else { return }
            (start + count).initialize(from: value.start, count: value.count)
            count += value.count
        }
    }
}
