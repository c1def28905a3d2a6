// Borrowed bytes: how a message is read in place.
//
// A request is decoded where it lies; its parts are views into the message. A view neither owns nor retains anything: it is
// valid for as long as the buffer that it was made from, which on the request path is the synchronous call that got it.
// Whatever must live longer (a cache key, a request that waits for a store) is copied with `array` or `string`.

/// A view of contiguous bytes that are owned elsewhere.
public struct Bytes {
    // Start and count, not a buffer pointer: it has no empty address, so that an optional view is as small as a view.
    /// The first byte.
    public let start: UnsafePointer<UInt8>
    /// The number of bytes.
    public let count: Int

    /// A view of `count` bytes from `start` on.
    @inlinable
    public init(start: UnsafePointer<UInt8>, count: Int) {
        self.start = start
        self.count = count
    }

    /// A view of `buffer`.
    @inlinable
    public init(_ buffer: UnsafeBufferPointer<UInt8>) {
        self.init(start: buffer.baseAddress ?? Self.nowhere, count: buffer.count)
    }

    /// A view of `buffer`.
    @inlinable
    public init(_ buffer: UnsafeRawBufferPointer) { self.init(buffer.bindMemory(to: UInt8.self)) }

    /// A view of a string literal, which lives for ever.
    @inlinable
    public init(_ literal: StaticString) {
        self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// Where views begin that have no bytes and no place.
    @inlinable static var nowhere: UnsafePointer<UInt8> { ("" as StaticString).utf8Start }

    /// The viewed bytes.
    @inlinable
    public var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    /// From this length on a call into the C library costs less than it saves.
    @usableFromInline static var long: Int { 64 }

    /// The empty view.
    @inlinable
    public static var empty: Bytes { Bytes(start: nowhere, count: 0) }

    /// Whether there is no byte.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// The first byte, nil when empty.
    @inlinable
    public var first: UInt8? { count == 0 ? nil : start[0] }

    /// The byte at `index`, which must be in `0..<count`.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index out of the view")
        return start[index]
    }

    /// The part of the view in `range`, which must lie within it.
    @inlinable
    public subscript(range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of the view")
        return Bytes(start: start + range.lowerBound, count: range.count)
    }

    /// Everything from `index` on.
    @inlinable
    public func dropFirst(_ index: Int) -> Bytes { self[min(index, count)..<count] }

    /// The first `length` bytes, or all when there are fewer.
    @inlinable
    public func prefix(_ length: Int) -> Bytes { self[0..<min(length, count)] }

    /// The index of the first `byte` at or after `first`, nil when there is none.
    @inlinable
    public func firstIndex(of byte: UInt8, from first: Int = 0) -> Int? {
        guard first >= 0, first < count else { return nil }
        if count - first >= Self.long { return longFirstIndex(of: byte, from: first) }
        var index = first
        // Eight bytes at a time: a byte that is sought becomes zero, and the lowest zero byte's top bit is found.
        let low: UInt64 = 0x0101_0101_0101_0101
        while index + 8 <= count {
            let word = UInt64(littleEndian: UnsafeRawPointer(start + index).loadUnaligned(as: UInt64.self))
            let zeroed = word ^ (low &* UInt64(byte))
            let found = (zeroed &- low) & ~zeroed & 0x8080_8080_8080_8080
            if found != 0 { return index + found.trailingZeroBitCount >> 3 }
            index += 8
        }
        while index < count {
            if start[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// Whether the view begins with these bytes, exactly.
    @inlinable
    public func starts(with literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        return count >= length && prefix(length) == Bytes(literal)
    }

    /// An owned copy.
    @inlinable
    public var array: [UInt8] { Array(buffer) }

    /// An owned copy as a string; invalid UTF-8 is repaired with U+FFFD.
    @inlinable
    public var string: String { String(decoding: buffer, as: UTF8.self) }
}

/// A view must not leave the call that got it, and another thread least of all: copy what is sent.
@available(*, unavailable)
extension Bytes: Sendable {}

extension Bytes: Hashable {
    /// Byte-wise equality. Not constant-time: never for secrets.
    @inlinable
    public static func == (left: Bytes, right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        if left.count == 0 { return true }
        return areEqual(UnsafeRawPointer(left.start), UnsafeRawPointer(right.start), left.count)
    }

    /// Whether `count` bytes are equal, of which there is one at least. The last word overlaps the one before.
    @inlinable
    static func areEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
        if count >= Self.long { return areLongEqual(a, b, count) }
        if count >= 8 {
            var index = 0
            while index + 8 < count {
                let word = (a + index).loadUnaligned(as: UInt64.self)
                if word != (b + index).loadUnaligned(as: UInt64.self) { return false }
                index += 8
            }
            let last = count - 8
            return (a + last).loadUnaligned(as: UInt64.self) == (b + last).loadUnaligned(as: UInt64.self)
        }
        if count >= 4 {
            let last = count - 4
            return a.loadUnaligned(as: UInt32.self) == b.loadUnaligned(as: UInt32.self)
                && (a + last).loadUnaligned(as: UInt32.self) == (b + last).loadUnaligned(as: UInt32.self)
        }
        for index in 0..<count
        where a.load(fromByteOffset: index, as: UInt8.self) != b.load(fromByteOffset: index, as: UInt8.self) {
            return false
        }
        return true
    }

    /// Byte-wise equality with a literal.
    @inlinable
    public static func == (left: Bytes, right: StaticString) -> Bool { left == Bytes(right) }

    /// Feeds the bytes and their count.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes: UnsafeRawBufferPointer(buffer))
        hasher.combine(count)
    }
}

extension Array where Element == UInt8 {
    /// Calls `body` with a view of the array, valid during the call.
    @inlinable
    public func withBytes<Result, Failure: Error>(_ body: (Bytes) throws(Failure) -> Result) throws(Failure) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in try body(Bytes(buffer)) }
    }

    /// Appends the viewed bytes.
    @inlinable
    public mutating func append(_ bytes: Bytes) { append(contentsOf: bytes.buffer) }

    /// Appends the literal's bytes.
    @inlinable
    public mutating func append(_ literal: StaticString) { append(Bytes(literal)) }
}
