// Borrowed bytes: how a message is read in place.
//
// A request is decoded where it lies; its parts are views into the message. A view neither owns nor retains anything: it is
// valid for as long as the buffer that it was made from, which on the request path is the synchronous call that got it.
// Whatever must live longer (a cache key, a request that waits for a store) is copied with `array` or `string`.

/// A view of contiguous bytes that are owned elsewhere.
public struct Bytes {
    /// The viewed bytes; the base address is nil only when the view is empty.
    public let buffer: UnsafeBufferPointer<UInt8>

    /// A view of `buffer`.
    @inlinable
    public init(_ buffer: UnsafeBufferPointer<UInt8>) {
        self.buffer = buffer
    }

    /// A view of `buffer`.
    @inlinable
    public init(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer.bindMemory(to: UInt8.self)
    }

    /// A view of a string literal, which lives for ever.
    @inlinable
    public init(_ literal: StaticString) {
        self.buffer = UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// From this length on a call into the C library costs less than it saves.
    @usableFromInline static var long: Int { 64 }

    /// The empty view.
    @inlinable
    public static var empty: Bytes { Bytes(UnsafeBufferPointer(start: nil, count: 0)) }

    /// The number of bytes.
    @inlinable
    public var count: Int { buffer.count }

    /// Whether there is no byte.
    @inlinable
    public var isEmpty: Bool { buffer.isEmpty }

    /// The first byte, nil when empty.
    @inlinable
    public var first: UInt8? { buffer.first }

    /// The byte at `index`, which must be in `0..<count`.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < buffer.count, "index out of the view")
        return buffer.baseAddress.unsafelyUnwrapped[index]
    }

    /// The part of the view in `range`, which must lie within it.
    @inlinable
    public subscript(range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "range out of the view")
        guard let base = buffer.baseAddress else { return .empty }
        return Bytes(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Everything from `index` on.
    @inlinable
    public func dropFirst(_ index: Int) -> Bytes { self[min(index, count)..<count] }

    /// The first `length` bytes, or all when there are fewer.
    @inlinable
    public func prefix(_ length: Int) -> Bytes { self[0..<min(length, count)] }

    /// The index of the first `byte` at or after `start`, nil when there is none.
    @inlinable
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard let base = buffer.baseAddress, start >= 0, start < count else { return nil }
        if count - start >= Self.long { return longFirstIndex(of: byte, from: start) }
        var index = start
        // Eight bytes at a time: a byte that is sought becomes zero, and the lowest zero byte's top bit is found.
        let low: UInt64 = 0x0101_0101_0101_0101
        while index + 8 <= count {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
            let zeroed = word ^ (low &* UInt64(byte))
            let found = (zeroed &- low) & ~zeroed & 0x8080_8080_8080_8080
            if found != 0 { return index + found.trailingZeroBitCount >> 3 }
            index += 8
        }
        while index < count {
            if base[index] == byte { return index }
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

/// A view must not leave the call that got it, least of all for another thread: what is sent is copied before.
@available(*, unavailable)
extension Bytes: Sendable {}

extension Bytes: Hashable {
    /// Byte-wise equality. Not constant-time: never for secrets.
    @inlinable
    public static func == (left: Bytes, right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        guard let a = left.buffer.baseAddress, let b = right.buffer.baseAddress, a != b else { return true }
        return areEqual(UnsafeRawPointer(a), UnsafeRawPointer(b), left.count)
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
