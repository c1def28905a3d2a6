// Texts, each once, numbered in the order in which they came: the keys of a group, consumers, classes.

import Bytes

/// A set of texts with an index for each.
package final class TextTable {
    /// Bytes of the longest text that is kept; of longer ones the beginning is.
    package static let maxBytes = 1000

    private static let chunkBytes = 16 << 10
    /// Chunk, offset and length of each text, and the hash that it is found by.
    private let rows = WordRows(stride: 4)
    @exclusivity(unchecked) private var chunks: [[UInt8]] = []
    /// Open addressing: a row's index with 1 added, 0 where there is none.
    @exclusivity(unchecked) private var index: [UInt32] = [UInt32](repeating: 0, count: 64)

    package init() {}

    /// How many texts there are.
    package var count: Int { rows.count }

    /// Bytes in memory.
    var byteCount: Int { rows.byteCount + index.count * 4 + chunks.count * Self.chunkBytes }

    /// The text at `position`, valid until the table changes.
    package func withText<Result>(_ position: Int, _ body: (Bytes) -> Result) -> Result {
        let row = rows[position]
        let (start, length) = (Int(row[1]), Int(row[2]))
        return chunks[Int(row[0])].withBytes { body($0[start..<start + length]) }
    }

    /// The text at `position` as a string.
    package func text(_ position: Int) -> String { withText(position) { $0.string } }

    /// The index of `text`; nil when it is not there.
    package func find(_ text: Bytes) -> Int? { find(Entry(text)) }

    /// The index of `text`, which is added when it is not there.
    package func findOrInsert(_ text: Bytes) -> Int {
        let entry = Entry(text)
        return find(entry) ?? insert(entry)
    }

    /// Adds `text`, which must not be there.
    package func insert(_ text: Bytes) -> Int { insert(Entry(text)) }

    /// Keeps the texts for which `isKept` is true, and numbers them anew in the same order.
    func filter(_ isKept: (Int) -> Bool) {
        let old = chunks
        chunks = []
        var kept = 0
        for position in 0..<rows.count where isKept(position) {
            let row = rows[position]
            let (chunk, start, length) = (Int(row[0]), Int(row[1]), Int(row[2]))
            let (newChunk, newStart) = old[chunk].withBytes { store($0[start..<start + length]) }
            (row[0], row[1]) = (UInt32(newChunk), UInt32(newStart))
            rows.move(position, to: kept)
            kept += 1
        }
        rows.truncate(to: kept)
        rebuildIndex(capacity: Self.capacity(for: kept))
    }
}

extension TextTable {
    /// A text with its hash, which is the same in all tables.
    struct Entry {
        /// The text, or the beginning of a longer one.
        let text: Bytes
        fileprivate let hash: UInt32

        /// A view of `text`, with its hash.
        init(_ text: Bytes) {
            self.text = text.prefix(TextTable.maxBytes)
            hash = TableHash.of(self.text)
        }
    }

    /// The index of a text; nil when it is not there.
    func find(_ entry: Entry) -> Int? {
        let mask = index.count - 1
        var place = Int(entry.hash) & mask
        while index[place] != 0 {
            let position = Int(index[place]) - 1
            if rows[position][3] == entry.hash, withText(position, { $0 == entry.text }) { return position }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Adds a text, which must not be there.
    func insert(_ entry: Entry) -> Int {
        let (chunk, start) = store(entry.text)
        let position = rows.append()
        let row = rows[position]
        (row[0], row[1], row[2], row[3]) = (UInt32(chunk), UInt32(start), UInt32(entry.text.count), entry.hash)
        if rows.count * 2 > index.count { rebuildIndex(capacity: index.count * 2) } else { enter(position, entry.hash) }
        return position
    }

    private func store(_ text: Bytes) -> (chunk: Int, start: Int) {
        if chunks.last.map({ $0.count + text.count > Self.chunkBytes }) ?? true {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(Self.chunkBytes)
        }
        let last = chunks.count - 1
        let start = chunks[last].count
        chunks[last].append(text)
        return (last, start)
    }

    private func enter(_ position: Int, _ hash: UInt32) {
        let mask = index.count - 1
        var place = Int(hash) & mask
        while index[place] != 0 { place = (place + 1) & mask }
        index[place] = UInt32(position + 1)
    }

    private func rebuildIndex(capacity: Int) {
        index = [UInt32](repeating: 0, count: capacity)
        for position in 0..<rows.count { enter(position, rows[position][3]) }
    }

    private static func capacity(for count: Int) -> Int {
        var capacity = 64
        while capacity < count * 2 + 2 { capacity *= 2 }
        return capacity
    }
}
