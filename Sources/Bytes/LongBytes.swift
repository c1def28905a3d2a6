// Long texts (tokens, cookies) are searched and compared by the C library, which does it with the widest registers there are.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Bytes {
    @usableFromInline
    func longFirstIndex(of byte: UInt8, from first: Int) -> Int? {
        guard let found = memchr(start + first, Int32(byte), count - first) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(start)
    }

    @usableFromInline
    static func areLongEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
        memcmp(left, right, count) == 0
    }

    /// Whether `text` is somewhere in the view.
    public func contains(_ text: StaticString) -> Bool {
        let text = Bytes(text)
        guard let first = text.first else { return true }
        var index = 0
        while let start = firstIndex(of: first, from: index), start + text.count <= count {
            if self[start..<start + text.count] == text { return true }
            index = start + 1
        }
        return false
    }
}
