// Names and values as a signature base string has them, all in one piece of memory that the next request reuses.

import Wire

/// Encoded texts, one behind the other.
final class EncodedTexts {
    /// A text's place. Places stay when memory is moved, views don't.
    struct Slice {
        var start: Int32
        var end: Int32
    }

    // exclusivity(unchecked): see SignatureParameters, the only owner.
    @exclusivity(unchecked) private var base: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) private var capacity: Int
    @exclusivity(unchecked) private(set) var count = 0

    /// What is kept for the next request at most, and what there is from the start.
    private static let keptCapacity = 1 << 16
    private static let leastCapacity = 1 << 12

    init() {
        capacity = Self.leastCapacity
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    /// Forgets all texts. Memory that a hostile request blew up is given back.
    func removeAll() {
        count = 0
        guard capacity > Self.keptCapacity else { return }
        base.deallocate()
        capacity = Self.leastCapacity
        base = .allocate(capacity: capacity)
    }

    /// Makes sure of room for `more` bytes. Views that were given out end where this moves memory.
    func reserve(_ more: Int) {
        guard more > capacity - count else { return }
        let larger = max(2 * capacity, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.initialize(from: base, count: count)
        base.deallocate()
        (base, capacity) = (moved, larger)
    }

    /// The text at `slice`, valid until more is added.
    subscript(slice: Slice) -> Bytes {
        precondition(slice.start >= 0 && slice.end <= count)
        return Bytes(UnsafeBufferPointer(start: base + Int(slice.start), count: Int(slice.end - slice.start)))
    }

    /// Adds `text`, which no encoding changes.
    func add(asIs text: Bytes) -> Slice {
        reserve(text.count)
        if let source = text.buffer.baseAddress { (base + count).initialize(from: source, count: text.count) }
        return extend(by: text.count)
    }

    /// Adds `text`, read as `reading` says, and encoded.
    func add(_ text: Bytes, _ reading: Percent.Reading) -> Slice {
        reserve(Percent.mostEncodedTwice(text.count))
        return extend(by: Percent.encodeTwice(decoding: text, reading, to: base + count))
    }

    /// The text at `slice`, decoded; behind all others, for which there must be room already.
    func decoded(_ slice: Slice) -> Bytes {
        let text = self[slice]
        guard text.firstIndex(of: UInt8(ascii: "%")) != nil else { return text }
        precondition(text.count <= capacity - count)
        return self[extend(by: Percent.decodeTwice(text, to: base + count))]
    }

    private func extend(by length: Int) -> Slice {
        let start = Int32(count)
        count += length
        return Slice(start: start, end: Int32(count))
    }
}
