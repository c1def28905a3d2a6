// Rows of 32-bit words, in chunks: a table that grows without being copied, so that it never takes twice its memory, and whose chunks
// go back when it shrinks.

// exclusivity(unchecked), here and in the other types that count: one thread at a time uses them, and no code that is called while
// one is changed reaches it. The checks took a third of the time.

/// A growing table of rows of the same number of words.
final class WordRows {
    /// Words in a row.
    let stride: Int
    /// How many rows there are.
    @exclusivity(unchecked) private(set) var count = 0

    private static let chunkBits = 7
    private static let chunkRows = 1 << chunkBits
    // Freed by `deinit` and `truncate` alone; row addresses don't leave the type that owns the table.
    @exclusivity(unchecked) private var chunks: [UnsafeMutablePointer<UInt32>] = []

    init(stride: Int) { self.stride = stride }

    deinit { for chunk in chunks { chunk.deallocate() } }

    /// Bytes of all chunks.
    var byteCount: Int { chunks.count * stride << (Self.chunkBits + 2) }

    /// The words of the row at `index`, valid until the table shrinks.
    @inline(__always)
    subscript(index: Int) -> UnsafeMutablePointer<UInt32> {
        precondition(index >= 0 && index < count, "no such row")
        return chunks[index >> Self.chunkBits] + (index & (Self.chunkRows - 1)) * stride
    }

    /// Adds a row of zeros. Returns its index.
    func append() -> Int {
        if count == chunks.count << Self.chunkBits {
            chunks.append(UnsafeMutablePointer<UInt32>.allocate(capacity: stride * Self.chunkRows))
        }
        count += 1
        self[count - 1].update(repeating: 0, count: stride)
        return count - 1
    }

    /// Copies the row at `source` over that at `target`.
    func move(_ source: Int, to target: Int) {
        guard source != target else { return }
        self[target].update(from: self[source], count: stride)
    }

    /// Removes all rows from `count` on.
    func truncate(to count: Int) {
        self.count = count
        let needed = (count + Self.chunkRows - 1) >> Self.chunkBits
        for chunk in chunks[needed...] { chunk.deallocate() }
        chunks.removeSubrange(needed...)
    }
}
