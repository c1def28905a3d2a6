// Names and values as a signature base string has them, all in one piece of memory that the next request reuses.
//
//     … oauth_token%3D0123abcd… action%3Dquery …
//       └─ name ──┘   └ value ┘
//
// A pair lies there as the base string will have it, so that what is sorted is then only copied.

import Bytes

/// Encoded pairs, one behind the other. Views that are given out end when more is added.
struct EncodedTexts: ~Copyable {
    /// A pair's place. Places stay when memory is moved, views don't.
    struct Pair {
        var start: Int32
        var nameEnd: Int32
        var end: Int32
        /// Whether the value's bytes are the value: nothing in them is encoded.
        var isVerbatim: Bool
    }

    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    /// What is kept for the next request at most, and what there is from the start.
    private static let maxKeptCapacity = 1 << 16
    private static let minCapacity = 1 << 12
    /// Bytes of `%3D`, which stands between name and value.
    private static let separatorLength = 3

    init() {
        capacity = Self.minCapacity
        base = .allocate(capacity: capacity)
        base.initialize(repeating: 0, count: capacity)
    }

    deinit { base.deallocate() }

    /// Forgets all texts. Memory that a hostile request blew up is given back.
    mutating func removeAll() {
        count = 0
        guard capacity > Self.maxKeptCapacity else { return }
        base.deallocate()
        capacity = Self.minCapacity
        base = .allocate(capacity: capacity)
    }

    /// Makes sure of room for `more` bytes. Views that were given out end where this moves memory.
    mutating func reserve(_ more: Int) {
        // A word can be read where a text begins.
        let more = more + 8
        guard more > capacity - count else { return }
        let larger = max(2 * capacity, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.initialize(from: base, count: count)
        base.deallocate()
        (base, capacity) = (moved, larger)
    }
}

// MARK: - Views, valid until more is added

extension EncodedTexts {
    /// The name.
    func name(_ pair: Pair) -> Bytes { view(pair.start, pair.nameEnd) }

    /// The value.
    func value(_ pair: Pair) -> Bytes { view(pair.nameEnd + Int32(Self.separatorLength), pair.end) }

    /// Name, `%3D` and value.
    func whole(_ pair: Pair) -> Bytes { view(pair.start, pair.end) }

    /// The first eight bytes of the name as a number, zeros where it is shorter: numbers compare as texts do, since no encoded text
    /// has a zero byte.
    @inline(__always)
    func prefix(of pair: Pair) -> UInt64 {
        precondition(pair.start >= 0 && Int(pair.start) + 8 <= capacity)
        let word = UInt64(bigEndian: UnsafeRawPointer(base + Int(pair.start)).loadUnaligned(as: UInt64.self))
        let length = Int(pair.nameEnd - pair.start)
        return length >= 8 ? word : word & ~(UInt64.max >> UInt64(8 * length))
    }

    private func view(_ start: Int32, _ end: Int32) -> Bytes {
        precondition(start >= 0 && start <= end && end <= count)
        return Bytes(UnsafeBufferPointer(start: base + Int(start), count: Int(end - start)))
    }
}

// MARK: - Decoding

extension EncodedTexts {
    /// Decodes the value of `pair` behind all others, for which ``reserve(_:)`` has made room; returns where it lies.
    mutating func decode(_ pair: Pair) -> Span {
        let text = value(pair)
        if pair.isVerbatim { return Span(start: pair.nameEnd + Int32(Self.separatorLength), end: pair.end) }
        precondition(text.count <= capacity - count)
        let start = count
        count += Percent.decodeTwice(text, to: base + count)
        return Span(start: Int32(start), end: Int32(count))
    }

    /// A decoded value's place.
    struct Span {
        var start: Int32
        var end: Int32
    }

    /// The decoded value.
    func text(_ span: Span) -> Bytes { view(span.start, span.end) }
}

// MARK: - Adding

extension EncodedTexts {
    /// Adds a pair that is read as `reading` says.
    mutating func add(_ name: Bytes, _ value: Bytes, _ reading: Percent.Reading) -> Pair {
        reserve(Percent.mostEncodedTwice(name.count + value.count) + Self.separatorLength)
        let start = count
        count += Percent.encodeTwice(decoding: name, reading, to: base + count).count
        return finish(start, Percent.encodeTwice(decoding: value, reading, to: separate()))
    }

    /// Adds a pair whose name no encoding changes.
    mutating func add(asIs name: Bytes, _ value: Bytes, _ reading: Percent.Reading) -> Pair {
        reserve(name.count + Percent.mostEncodedTwice(value.count) + Self.separatorLength)
        let start = put(name)
        return finish(start, Percent.encodeTwice(decoding: value, reading, to: separate()))
    }

    /// Adds a pair that is not signed: its value, as in a form, is kept decoded.
    mutating func add(asIs name: Bytes, unsigned value: Bytes) -> Pair {
        reserve(name.count + value.count + Self.separatorLength)
        let start = put(name)
        return finish(start, (Percent.decode(value, .form, to: separate()), true))
    }

    private mutating func put(_ text: Bytes) -> Int {
        let start = count
        if let source = text.buffer.baseAddress { (base + count).initialize(from: source, count: text.count) }
        count += text.count
        return start
    }

    /// Where the value goes, behind the name.
    private func separate() -> UnsafeMutablePointer<UInt8> {
        let room = base + count
        (room[0], room[1], room[2]) = (0x25, 0x33, 0x44)
        return room + Self.separatorLength
    }

    private mutating func finish(_ start: Int, _ value: (count: Int, isVerbatim: Bool)) -> Pair {
        let nameEnd = count
        count += Self.separatorLength + value.count
        return Pair(
            start: Int32(start), nameEnd: Int32(nameEnd), end: Int32(count), isVerbatim: value.isVerbatim)
    }

    /// Makes sure of room for all pairs of a plain query of this length.
    mutating func reservePlainQuery(_ length: Int) {
        // Each pair has a separator, and a byte at least; each byte of a value is written as five at most.
        reserve((5 + Self.separatorLength) * length + Self.separatorLength)
    }

    /// Adds the next pair of a query, about which a plain parse and PHP's `$_GET` must agree; ``reservePlainQuery(_:)`` has made
    /// room. Nil when they don't: what was added until then is to be forgotten.
    @inline(__always)
    mutating func addPlainPair(_ next: inout UnsafePointer<UInt8>, until end: UnsafePointer<UInt8>) -> Pair? {
        let start = count
        guard next < end, !PHP.isDigit(next[0]), next[0] != UInt8(ascii: "-") else { return nil }
        count += Self.copyPlainName(&next, end, to: base + count)
        guard count > start, next == end || next[0] == UInt8(ascii: "=") || next[0] == UInt8(ascii: "&") else {
            return nil
        }
        let room = separate()
        if next < end, next[0] == UInt8(ascii: "=") { next += 1 }
        guard let value = Percent.encodeTwice(formValue: &next, until: end, to: room) else { return nil }
        return finish(start, value)
    }

    /// Letters nearly always; what else stands for itself is plain but for `.` and `~`. Returns how many there are.
    @inline(__always)
    private static func copyPlainName(
        _ next: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, to room: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let start = next
        while next < end {
            let byte = next[0]
            let isLetter = (byte | 0x20) &- UInt8(ascii: "a") <= 25
            guard isLetter || byte == UInt8(ascii: "_") || PHP.isDigit(byte) || byte == UInt8(ascii: "-") else { break }
            room[next - start] = byte
            next += 1
        }
        return next - start
    }
}
