// The parameters that an OAuth 1 signature covers (RFC 5849, 3.4.1.3), merged as MediaWiki merges them.
//
//     query  ──┬─ plain parse ─── rank 0 ─┐
//              └─ PHP's $_GET ─── rank 1 ─┤   same name: the highest rank wins, whole
//     form body ─ plain parse ─── rank 2 ─┤   → sorted by encoded name, then value
//     Authorization header ────── rank 3 ─┘
//
// Names and values are kept percent-encoded in one reused arena; nothing is allocated for a request of the usual shape.
// In RFC mode nothing overrides anything: every pair is signed.

import Wire

/// Where a parameter stood; a higher rank overrides a lower one by name.
enum ParameterSource: UInt8, Sendable {
    /// The query, split at `&` and `=`.
    case query
    /// The query as PHP's `$_GET`.
    case phpQuery
    /// The form body.
    case body
    /// The Authorization header.
    case header
}

/// Collects, merges, sorts and encodes the parameters of one request; reused for the next.
package final class SignatureParameters {
    /// A part of the arena.
    struct Slice {
        var start: Int32
        var end: Int32
    }

    /// One name and value, not yet merged.
    struct Candidate {
        var name: Slice
        var value: Slice
        var source: ParameterSource
        /// All values of the name in this source count (a list), not only the last.
        var isListed: Bool
        /// PHP sees an array, even with one element.
        var isArray: Bool
        var sequence: Int32
    }

    /// An integer-like name: `array_merge` renumbers it.
    private struct Numbered {
        var source: ParameterSource
        var key: Int64
        var value: Slice
    }

    private(set) var arena: [UInt8] = []
    private var scratch: [UInt8] = []
    private var candidates: [Candidate] = []
    private var numbered: [Numbered] = []
    /// The merged parameters in signing order.
    private(set) var merged: [Candidate] = []
    private let compatibility: OAuth1Settings.Compatibility
    private var pairs = 0
    /// Names and values that one request may have, all sources together. PHP reads a thousand variables (`max_input_vars`),
    /// so that no request that works has more; without a bound a few megabytes of `&` are as many pairs to sort.
    static let mostPairs = 4096
    /// Whether there were more than `mostPairs`: what was collected is not the whole.
    var isOverfull: Bool { pairs > Self.mostPairs }

    init(compatibility: OAuth1Settings.Compatibility) {
        self.compatibility = compatibility
    }

    /// Forgets the last request. An arena that a hostile request blew up is dropped.
    func reset() {
        if arena.capacity > 1 << 16 { arena = [] } else { arena.removeAll(keepingCapacity: true) }
        if candidates.capacity > 1 << 12 { candidates = [] } else { candidates.removeAll(keepingCapacity: true) }
        if merged.capacity > 1 << 12 { merged = [] } else { merged.removeAll(keepingCapacity: true) }
        numbered.removeAll(keepingCapacity: false)
        pairs = 0
    }

    // MARK: Collecting

    /// Adds the query, without its `?`.
    func addQuery(_ query: Bytes) {
        if compatibility == .rfc5849 { return addPairs(query, from: .query) }
        if isPlainQuery(query) { return addPairs(query, from: .phpQuery) }
        // parse_url cuts at a fragment and turns control bytes into `_`; $_GET sees the bytes.
        let visible = query.prefix(query.firstIndex(of: UInt8(ascii: "#")) ?? query.count)
        scratchURL(visible).withBytes { addPairs($0, from: .query) }
        addPHPQuery(query)
    }

    /// Adds a form body.
    func addBody(_ body: Bytes) {
        addPairs(body, from: .body)
    }

    /// Adds one parameter of the Authorization header; its name needs no encoding, its value is decoded.
    func addHeader(name: Bytes, value: Bytes) {
        pairs += 1
        if isOverfull { return }
        add(name: encoded(name), value: encoded(value), from: .header, isListed: compatibility == .rfc5849)
    }

    /// Whether plain parse and `$_GET` agree about every name, so that the last value of each is all that counts.
    private func isPlainQuery(_ query: Bytes) -> Bool {
        if query.isEmpty { return true }
        var atNameStart = true
        var inName = true
        for byte in query.buffer {
            if byte == UInt8(ascii: "&") {
                if atNameStart { return false }
                atNameStart = true
                inName = true
            } else if inName {
                if byte == UInt8(ascii: "=") {
                    if atNameStart { return false }
                    inName = false
                } else if !Self.isPlainNameByte(byte, first: atNameStart) {
                    return false
                }
                atNameStart = false
            } else if byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "#") {
                return false
            }
        }
        return !atNameStart && candidates.isEmpty
    }

    private static func isPlainNameByte(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): !first
        default: false
        }
    }

    private func scratchURL(_ query: Bytes) -> [UInt8] {
        query.buffer.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "_") : $0 }
    }

    /// `OAuthUtil::parse_parameters`: splits at every `&`; empty pairs count. The input `0` is no input.
    private func addPairs(_ input: Bytes, from source: ParameterSource) {
        guard compatibility == .rfc5849 ? !input.isEmpty : PHP.isTruthy(input) || source == .phpQuery else { return }
        if input.isEmpty { return }
        var start = 0
        while start <= input.count {
            pairs += 1
            if isOverfull { return }
            let end = input.firstIndex(of: UInt8(ascii: "&"), from: start) ?? input.count
            addPair(input[start..<end], from: source)
            start = end + 1
        }
    }

    private func addPair(_ pair: Bytes, from source: ParameterSource) {
        if compatibility == .rfc5849, pair.isEmpty { return }
        let equals = pair.firstIndex(of: UInt8(ascii: "="))
        let rawName = pair[0..<(equals ?? pair.count)]
        let value = reencoded(equals.map { pair.dropFirst($0 + 1) } ?? .empty)
        if compatibility == .mediawiki, source != .phpQuery, let key = integerKey(rawName) {
            numbered.append(Numbered(source: source, key: key, value: value))
            return
        }
        let listed = compatibility == .rfc5849 || source != .phpQuery
        add(name: reencoded(rawName), value: value, from: source, isListed: listed)
    }

    private func integerKey(_ rawName: Bytes) -> Int64? {
        guard let first = rawName.first, PHP.isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "%")
        else { return nil }
        var name: [UInt8] = []
        Percent.decodeForm(rawName, into: &name)
        return name.withBytes { PHP.integerKey($0) }
    }

    private func addPHPQuery(_ query: Bytes) {
        for (name, value) in PHPQuery(query).variables {
            let key = name.withBytes { PHP.integerKey($0) }
            switch value {
            case .scalar(let text):
                addPHP(name, key, text.withBytes { encoded($0) }, isArray: false)
            case .list(let elements):
                for text in elements.texts {
                    // PHP turns an array into the string "Array" where a string is wanted.
                    let slice = text?.withBytes { encoded($0) } ?? encoded(Bytes("Array"))
                    addPHP(name, key, slice, isArray: true)
                }
            }
        }
    }

    private func addPHP(_ name: [UInt8], _ key: Int64?, _ value: Slice, isArray: Bool) {
        if let key {
            numbered.append(Numbered(source: .phpQuery, key: key, value: value))
        } else {
            add(name: name.withBytes { encoded($0) }, value: value, from: .phpQuery, isListed: true, isArray: isArray)
        }
    }

    private func add(
        name: Slice, value: Slice, from source: ParameterSource, isListed: Bool, isArray: Bool = false
    ) {
        candidates.append(
            Candidate(
                name: name, value: value, source: source, isListed: isListed, isArray: isArray,
                sequence: Int32(candidates.count)))
    }

    /// Percent-encodes `text` into the arena.
    private func encoded(_ text: Bytes) -> Slice {
        let start = Int32(arena.count)
        Percent.encode(text, into: &arena)
        return Slice(start: start, end: Int32(arena.count))
    }

    /// Decodes `text` as a form value and percent-encodes it into the arena.
    private func reencoded(_ text: Bytes) -> Slice {
        let needsDecoding = text.buffer.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
        guard needsDecoding else { return encoded(text) }
        scratch.removeAll(keepingCapacity: true)
        Percent.decodeForm(text, into: &scratch)
        return scratch.withBytes { encoded($0) }
    }

    // MARK: Merging

    /// Merges and sorts what was added; `merged` holds the result.
    func merge() {
        renumber()
        arena.withBytes { arena in
            sort(&candidates) { left, right in
                let order = Self.compare(left.name, right.name, in: arena)
                return order != 0 ? order < 0 : left.sequence < right.sequence
            }
        }
        var start = 0
        while start < candidates.count {
            var end = start + 1
            while end < candidates.count, sameName(candidates[start], candidates[end]) { end += 1 }
            mergeGroup(start..<end)
            start = end
        }
    }

    /// The candidates of one name: the highest source wins; of it the last value, or all, sorted.
    private func mergeGroup(_ group: Range<Int>) {
        let first = merged.count
        if compatibility == .rfc5849 {
            merged.append(contentsOf: candidates[group])
        } else {
            var top = ParameterSource.query
            for index in group where candidates[index].source.rawValue > top.rawValue { top = candidates[index].source }
            for index in group where candidates[index].source == top {
                if candidates[index].isListed || merged.count == first {
                    merged.append(candidates[index])
                } else {
                    merged[merged.count - 1] = candidates[index]
                }
            }
        }
        guard merged.count > first + 1 else { return }
        for index in first..<merged.count { merged[index].isArray = true }
        arena.withBytes { arena in
            var values = Array(merged[first...])
            sort(&values) { Self.compare($0.value, $1.value, in: arena) < 0 }
            merged.replaceSubrange(first..., with: values)
        }
    }

    /// `array_merge` numbers integer-like names anew, in order of first appearance: the plain query's, `$_GET`'s, the body's.
    private func renumber() {
        guard !numbered.isEmpty else { return }
        var next = 0
        for source in [ParameterSource.query, .phpQuery, .body] {
            var names: [Int64: Slice] = [:]
            for entry in numbered where entry.source == source {
                let name: Slice
                if let known = names[entry.key] {
                    name = known
                } else {
                    name = Array(String(next).utf8).withBytes { encoded($0) }
                    names[entry.key] = name
                    next += 1
                }
                add(name: name, value: entry.value, from: source, isListed: true)
            }
        }
    }

    private func sameName(_ left: Candidate, _ right: Candidate) -> Bool {
        arena.withBytes { Self.compare(left.name, right.name, in: $0) == 0 }
    }

    /// Insertion sort for the usual dozen, without an allocation; the library's for more.
    private func sort(_ items: inout [Candidate], by areInOrder: (Candidate, Candidate) -> Bool) {
        if items.count > 48 { return items.sort(by: areInOrder) }
        for index in items.indices.dropFirst() {
            let item = items[index]
            var hole = index
            while hole > 0, areInOrder(item, items[hole - 1]) {
                items[hole] = items[hole - 1]
                hole -= 1
            }
            items[hole] = item
        }
    }

    private static func compare(_ left: Slice, _ right: Slice, in arena: Bytes) -> Int {
        let common = min(left.end - left.start, right.end - right.start)
        for offset in 0..<common {
            let a = arena[Int(left.start + offset)]
            let b = arena[Int(right.start + offset)]
            if a != b { return Int(a) - Int(b) }
        }
        return Int((left.end - left.start) - (right.end - right.start))
    }
}
