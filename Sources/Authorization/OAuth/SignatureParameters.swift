// The parameters that an OAuth 1 signature covers (RFC 5849, 3.4.1.3), merged as MediaWiki merges them.
//
//     query  ──┬─ plain parse ─── rank 0 ─┐
//              └─ PHP's $_GET ─── rank 1 ─┤   same name: the highest rank wins, whole
//     form body ─ plain parse ─── rank 2 ─┤   → sorted by encoded name, then value
//     Authorization header ────── rank 3 ─┘
//
// Names and values are kept as the base string has them: encoded twice, once as parameters, once more as a part of the base
// string. Encoding a second time changes nothing about their order, so they are sorted, and then only copied. They lie in one
// reused arena; nothing is allocated for a request of the usual shape. In RFC mode nothing overrides anything: every pair is
// signed.

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

    /// One name and value; its source's, until they are merged.
    struct Parameter {
        /// The first eight bytes of the encoded name, for comparing: names differ early.
        var prefix: UInt64
        var name: Slice
        var value: Slice
        var sequence: Int32
        var source: ParameterSource
        /// All values of the name in this source count (a list), not only the last.
        var isListed: Bool
        /// PHP sees an array, even with one element.
        var isArray: Bool
    }

    /// An integer-like name: `array_merge` renumbers it.
    private struct Numbered {
        var source: ParameterSource
        var key: Int64
        var value: Slice
    }

    // exclusivity(unchecked): one authorizer owns this, on one event loop, and nothing here calls out while it changes something.
    @exclusivity(unchecked) private(set) var arena: [UInt8] = []
    @exclusivity(unchecked) private var parameters: [Parameter] = []
    @exclusivity(unchecked) private var numbered: [Numbered] = []
    @exclusivity(unchecked) private var pairs = 0
    private let compatibility: OAuth1Settings.Compatibility
    /// After ``merge()``, the parameters in signing order.
    var merged: [Parameter] { parameters }
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
        if parameters.capacity > 1 << 12 { parameters = [] } else { parameters.removeAll(keepingCapacity: true) }
        if !numbered.isEmpty { numbered = [] }
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

    /// Adds one parameter of the Authorization header, as it stands there: encoded as in a form (MediaWiki), or by percent (RFC).
    func addHeader(name: Bytes, value: Bytes) {
        pairs += 1
        if isOverfull { return }
        if compatibility == .rfc5849 {
            add(name: decoded(name, .percent), value: decoded(value, .percent), from: .header, isListed: true)
        } else {
            // The name is letters, `_` and `-`, which no encoding changes.
            let start = Int32(arena.count)
            arena.append(name)
            add(
                name: Slice(start: start, end: Int32(arena.count)), value: decoded(value, .form), from: .header,
                isListed: false)
        }
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
        return !atNameStart && parameters.isEmpty
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
        let value = decoded(equals.map { pair.dropFirst($0 + 1) } ?? .empty, .form)
        if compatibility == .mediawiki, source != .phpQuery, let key = integerKey(rawName) {
            numbered.append(Numbered(source: source, key: key, value: value))
            return
        }
        let listed = compatibility == .rfc5849 || source != .phpQuery
        add(name: decoded(rawName, .form), value: value, from: source, isListed: listed)
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
        parameters.append(
            Parameter(
                prefix: arena.withBytes { Self.prefix(of: $0[Int(name.start)..<Int(name.end)]) }, name: name,
                value: value,
                sequence: Int32(parameters.count), source: source, isListed: isListed, isArray: isArray))
    }

    /// Encodes `text` into the arena.
    private func encoded(_ text: Bytes) -> Slice {
        let start = Int32(arena.count)
        Percent.encodeTwice(text, into: &arena)
        return Slice(start: start, end: Int32(arena.count))
    }

    /// Decodes `text` and encodes what comes out into the arena.
    private func decoded(_ text: Bytes, _ reading: Percent.Reading) -> Slice {
        let start = Int32(arena.count)
        Percent.encodeTwice(decoding: text, reading, into: &arena)
        return Slice(start: start, end: Int32(arena.count))
    }

    // MARK: Merging

    /// Merges and sorts what was added; `merged` holds the result.
    func merge() {
        if !numbered.isEmpty { renumber() }
        sort()
        var start = 0
        var end = 0
        var kept = 0
        while start < parameters.count {
            end = start + 1
            while end < parameters.count, sameName(start, end) { end += 1 }
            if end == start + 1 {
                if kept != start { parameters[kept] = parameters[start] }
                kept += 1
            } else {
                mergeGroup(start..<end, to: &kept)
            }
            start = end
        }
        if kept < parameters.count { parameters.removeLast(parameters.count - kept) }
    }

    /// The parameters of one name: the highest source wins; of it the last value, or all, sorted.
    private func mergeGroup(_ group: Range<Int>, to kept: inout Int) {
        let first = kept
        var top = ParameterSource.query
        for index in group where parameters[index].source.rawValue > top.rawValue { top = parameters[index].source }
        for index in group where compatibility == .rfc5849 || parameters[index].source == top {
            if !parameters[index].isListed, kept > first { kept -= 1 }
            parameters[kept] = parameters[index]
            kept += 1
        }
        guard kept > first + 1 else { return }
        for index in first..<kept { parameters[index].isArray = true }
        arena.withBytes { arena in
            parameters[first..<kept].sort { Self.compare($0.value, $1.value, in: arena) < 0 }
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

    private func sameName(_ left: Int, _ right: Int) -> Bool {
        parameters[left].prefix == parameters[right].prefix
            && arena.withBytes { Self.compare(parameters[left].name, parameters[right].name, in: $0) == 0 }
    }

    /// By name, then in order of arrival: insertion for the usual dozen, without an allocation; the library's sort for more.
    private func sort() {
        arena.withBytes { arena in
            if parameters.count > 48 { return parameters.sort { Self.areInOrder($0, $1, in: arena) } }
            parameters.withUnsafeMutableBufferPointer { items in
                for index in items.indices.dropFirst() {
                    let item = items[index]
                    var hole = index
                    while hole > 0, Self.areInOrder(item, items[hole - 1], in: arena) {
                        items[hole] = items[hole - 1]
                        hole -= 1
                    }
                    items[hole] = item
                }
            }
        }
    }

    @inline(__always)
    private static func areInOrder(_ left: Parameter, _ right: Parameter, in arena: Bytes) -> Bool {
        if left.prefix != right.prefix { return left.prefix < right.prefix }
        let order = compare(left.name, right.name, in: arena)
        return order != 0 ? order < 0 : left.sequence < right.sequence
    }

    /// The first eight bytes as a number, so that numbers compare as texts do; no encoded text has a zero byte.
    static func prefix(of name: Bytes) -> UInt64 {
        var prefix: UInt64 = 0
        if name.count >= 8, let base = name.buffer.baseAddress {
            return UInt64(bigEndian: UnsafeRawPointer(base).loadUnaligned(as: UInt64.self))
        }
        for index in 0..<name.count { prefix |= UInt64(name[index]) << UInt64(56 - 8 * index) }
        return prefix
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
