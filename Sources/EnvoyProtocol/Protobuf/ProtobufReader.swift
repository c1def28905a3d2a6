// Protobuf, read in place.
//
//     message := ( tag value )*          tag := varint( number << 3 | wire type )
//     value   := varint | 8 bytes | varint length, then that many bytes | 4 bytes
//
// The reader never allocates and never looks beyond its view. Groups are refused: nothing in the contract has one, and
// skipping them would need a depth. A field of the contract that comes with a wrong wire type is refused too, rather than
// skipped as unknown: no sender does that, and what is skipped is what an attacker hides.

import Bytes

/// A cursor over the fields of one protobuf message.
public struct ProtobufReader {
    /// How a value is laid out.
    public enum WireType: UInt8, Sendable {
        /// A varint.
        case varint = 0
        /// Eight bytes, little-endian.
        case fixed64 = 1
        /// A length and as many bytes.
        case delimited = 2
        /// Four bytes, little-endian.
        case fixed32 = 5
    }

    // Unsafe, because a check is made of this: `cursor` moves up to `end` only, each step after a look at what is left, and
    // both lie in the view that the reader was made from.
    /// The next unread byte.
    private var cursor: UnsafePointer<UInt8>
    /// The end of the message.
    private let end: UnsafePointer<UInt8>
    /// The number of the current field; 0 before the first.
    public private(set) var field: UInt32 = 0
    /// The wire type of the current field.
    public private(set) var wireType = WireType.varint

    /// Reads the message that `bytes` holds.
    @inline(__always)
    public init(_ bytes: Bytes) {
        cursor = bytes.start
        end = cursor + bytes.count
    }

    /// How many bytes are not read yet.
    @inline(__always)
    public var remaining: Int { end - cursor }

    /// Steps to the next field: false at the end of the message.
    ///
    /// The field's value must then be read, or skipped with ``skip()``.
    @inline(__always)
    public mutating func next() throws(WireError) -> Bool {
        if cursor == end { return false }
        let tag = try rawVarint()
        guard tag >= 8, tag <= UInt64(UInt32.max) else { throw .badFieldNumber }
        guard let type = WireType(rawValue: UInt8(truncatingIfNeeded: tag & 7)) else { throw .unsupportedWireType }
        field = UInt32(truncatingIfNeeded: tag >> 3)
        wireType = type
        return true
    }

    /// The current field's value: a string, bytes or a message.
    @inline(__always)
    public mutating func delimited() throws(WireError) -> Bytes {
        guard wireType == .delimited else { throw .wrongWireType }
        let length = try rawVarint()
        guard length <= UInt64(truncatingIfNeeded: remaining) else { throw .lengthBeyondMessage }
        let value = Bytes(start: cursor, count: Int(truncatingIfNeeded: length))
        cursor += value.count
        return value
    }

    /// The current field's value: an integer, bool or enum as its 64 bits.
    public mutating func varint() throws(WireError) -> UInt64 {
        guard wireType == .varint else { throw .wrongWireType }
        return try rawVarint()
    }

    /// The current field's value: an int64 or int32, negative ones being ten bytes long.
    public mutating func int64() throws(WireError) -> Int64 {
        Int64(bitPattern: try varint())
    }

    /// The current field's value: a uint32. More than 32 bits are refused, not cut.
    public mutating func uint32() throws(WireError) -> UInt32 {
        guard let value = UInt32(exactly: try varint()) else { throw .outOfRange }
        return value
    }

    /// The current field's value: an int32 or an enum. More than 32 bits are refused, not cut.
    public mutating func int32() throws(WireError) -> Int32 {
        guard let value = Int32(exactly: try int64()) else { throw .outOfRange }
        return value
    }

    /// Skips the current field's value.
    public mutating func skip() throws(WireError) {
        switch wireType {
        case .varint: _ = try rawVarint()
        case .delimited: _ = try delimited()
        case .fixed64: try skip(bytes: 8)
        case .fixed32: try skip(bytes: 4)
        }
    }

    private mutating func skip(bytes length: Int) throws(WireError) {
        guard remaining >= length else { throw .truncated }
        cursor += length
    }

    @inline(__always)
    private mutating func rawVarint() throws(WireError) -> UInt64 {
        guard cursor != end else { throw .truncated }
        let first = cursor.pointee
        cursor += 1
        if first < 0x80 { return UInt64(first) }
        return try longVarint(UInt64(first & 0x7F))
    }

    private mutating func longVarint(_ first: UInt64) throws(WireError) -> UInt64 {
        var value = first
        var shift: UInt64 = 7
        while cursor != end {
            let byte = cursor.pointee
            cursor += 1
            if shift == 63, byte > 1 { throw .varintTooLong }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .truncated
    }
}
