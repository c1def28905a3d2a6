// The Cookie request header (RFC 6265 section 4.2.1), read in place and copied with changes.
//
//     cookie: a=1; b="2"; junk; sessionJwt=eyJ...
//
// Servers differ about odd headers, so what is here commits to little: pairs are what lies between semicolons, blanks (space,
// tab) around a pair are not part of it, the name ends at the first `=`, and a part without `=` is a name without a value.
// Browsers, PHP and Envoy agree on that much. A copy keeps everything that it doesn't replace, byte for byte and in order.

/// A Cookie header's name/value pairs, in order.
public struct CookieHeader: Sequence {
    /// One cookie.
    public struct Pair {
        /// Its name, possibly empty.
        public let name: Bytes
        /// Its value as it is sent: quotes included, nothing decoded.
        public let value: Bytes
        /// Where the name begins in the header, and where the value ends.
        public let range: Range<Int>

        @inlinable
        init(name: Bytes, value: Bytes, range: Range<Int>) {
            self.name = name
            self.value = value
            self.range = range
        }

        /// The value without the double quotes around it, when there are both.
        @inlinable
        public var unquotedValue: Bytes {
            guard value.count >= 2, value[0] == 0x22, value[value.count - 1] == 0x22 else { return value }
            return value[1..<value.count - 1]
        }
    }

    /// Walks the pairs; empty parts (`;;`) are passed over.
    public struct Iterator: IteratorProtocol {
        @usableFromInline let bytes: Bytes
        @usableFromInline var position = 0

        @inlinable
        init(bytes: Bytes) { self.bytes = bytes }

        /// The next pair, nil at the end.
        @inlinable
        public mutating func next() -> Pair? {
            while position < bytes.count {
                let end = bytes.firstIndex(of: 0x3B, from: position) ?? bytes.count
                defer { position = end + 1 }
                if let pair = CookieHeader.pair(in: bytes, position..<end) { return pair }
            }
            return nil
        }
    }

    /// The header's value.
    public let bytes: Bytes

    /// Reads the value of a Cookie header.
    @inlinable
    public init(_ bytes: Bytes) { self.bytes = bytes }

    /// An iterator over the pairs.
    @inlinable
    public func makeIterator() -> Iterator { Iterator(bytes: bytes) }

    /// The value of the first cookie of this name, nil when there is none. Names are compared byte for byte.
    @inlinable
    public func first(_ name: Bytes) -> Bytes? {
        var position = 0
        while position < bytes.count {
            let end = bytes.firstIndex(of: 0x3B, from: position) ?? bytes.count
            while position < end, Self.isBlank(bytes[position]) { position += 1 }
            // Most have another name: that is seen at the first byte.
            if name.isEmpty || position < end && bytes[position] == name[0],
                let pair = Self.pair(in: bytes, position..<end), pair.name == name
            {
                return pair.value
            }
            position = end + 1
        }
        return nil
    }

    /// The value of the last cookie of this name, nil when there is none.
    @inlinable
    public func last(_ name: Bytes) -> Bytes? {
        var value: Bytes?
        for pair in self where pair.name == name { value = pair.value }
        return value
    }

    /// How many cookies have this name.
    @inlinable
    public func count(_ name: Bytes) -> Int {
        var count = 0
        for pair in self where pair.name == name { count += 1 }
        return count
    }

    /// Appends a copy of the header in which the cookie `name` has `value`: in place of the first of that name, the others of
    /// that name left out, or at the end when there is none.
    public func copy(setting name: Bytes, to value: Bytes, into output: inout [UInt8]) {
        copy(replacing: name, with: value, into: &output)
    }

    /// Appends a copy of the header without the cookies of this name. The copy may be empty.
    public func copy(removing name: Bytes, into output: inout [UInt8]) {
        copy(replacing: name, with: nil, into: &output)
    }

    /// Appends a copy of the header with only those parts that `isWanted`. The copy may be empty.
    public func copy(where isWanted: (Bytes) -> Bool, into output: inout [UInt8]) {
        let start = output.count
        var position = 0
        while position < bytes.count {
            let end = bytes.firstIndex(of: 0x3B, from: position) ?? bytes.count
            let part = bytes[position..<end]
            position = end + 1
            guard isWanted(part) else { continue }
            if output.count > start { output.append(0x3B) }
            output.append(part)
        }
    }

    /// The header's parts are what lies between semicolons, blanks included: kept parts are copied as they are.
    private func copy(replacing name: Bytes, with value: Bytes?, into output: inout [UInt8]) {
        let start = output.count
        var replacement = value
        var position = 0
        while position < bytes.count {
            let end = bytes.firstIndex(of: 0x3B, from: position) ?? bytes.count
            var part = position..<end
            position = end + 1
            let pair = Self.pair(in: bytes, part)
            let isReplaced = pair?.name == name
            if isReplaced, replacement == nil { continue }
            if output.count > start {
                output.append(0x3B)
            } else if part.lowerBound > 0 {
                part = (pair?.range.lowerBound ?? end)..<end
            }
            guard isReplaced, let new = replacement else {
                output.append(bytes[part])
                continue
            }
            // In the one form that everybody reads: filters don't agree about tabs, or blanks behind a value.
            if output.count > start { output.append(0x20) }
            Self.append(name, new, to: &output)
            replacement = nil
        }
        guard let new = replacement else { return }
        if output.count > start { output.append(output.last == 0x3B ? " " : "; ") }
        Self.append(name, new, to: &output)
    }

    private static func append(_ name: Bytes, _ value: Bytes, to output: inout [UInt8]) {
        output.append(name)
        output.append(0x3D)
        output.append(value)
    }

    @inlinable
    static func pair(in bytes: Bytes, _ part: Range<Int>) -> Pair? {
        var (start, end) = (part.lowerBound, part.upperBound)
        while start < end, isBlank(bytes[start]) { start += 1 }
        while start < end, isBlank(bytes[end - 1]) { end -= 1 }
        guard start < end else { return nil }
        let text = bytes[start..<end]
        guard let equals = text.firstIndex(of: 0x3D) else {
            return Pair(name: text, value: text[text.count..<text.count], range: start..<end)
        }
        var nameEnd = equals
        while nameEnd > 0, isBlank(text[nameEnd - 1]) { nameEnd -= 1 }
        var valueStart = equals + 1
        while valueStart < text.count, isBlank(text[valueStart]) { valueStart += 1 }
        return Pair(name: text[0..<nameEnd], value: text[valueStart..<text.count], range: start..<end)
    }

    @inlinable
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
