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

import Bytes

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
package struct SignatureParameters: ~Copyable {
    /// One name and value; its source's, until they are merged.
    struct Parameter {
        /// The first eight bytes of the encoded name, for comparing: names differ early.
        var prefix: UInt64
        var pair: EncodedTexts.Pair
        var sequence: Int32
        var source: ParameterSource
        /// Which of OAuth's own it is.
        var known: ProtocolParameter?
        /// All values of the name in this source count (a list), not only the last.
        var isListed: Bool
        /// PHP sees an array, even with one element.
        var isArray: Bool
    }

    /// An integer-like name: `array_merge` renumbers it.
    private struct Numbered {
        var source: ParameterSource
        var key: Int64
        var value: [UInt8]
    }

    /// After ``merge()``, the parameters in signing order.
    private(set) var merged = ParameterList()
    private var numbered: [Numbered] = []
    private var pairs = 0
    /// Positions of the protocol parameters in `merged`; −1: absent.
    private var positions = InlineArray<7, Int>(repeating: -1)
    /// Where their decoded values lie, once they were asked for: each is decoded once, so that there is room for all.
    private var decoded = InlineArray<7, EncodedTexts.Span?>(repeating: nil)
    private(set) var texts = EncodedTexts()
    /// Whose reading of RFC 5849 decides.
    private var compatibility: OAuth1Settings.Compatibility
    /// Names and values that one request may have, all sources together. PHP reads a thousand variables (`max_input_vars`),
    /// so that no request that works has more; without a bound a few megabytes of `&` are as many pairs to sort.
    static let maxPairs = 4096
    /// Whether there were more than `maxPairs`: what was collected is not the whole.
    var isOverfull: Bool { pairs > Self.maxPairs }

    init(compatibility: OAuth1Settings.Compatibility) {
        self.compatibility = compatibility
    }

    /// Forgets the last request; the next is read as `compatibility` says.
    mutating func begin(_ compatibility: OAuth1Settings.Compatibility) {
        self.compatibility = compatibility
        reset()
    }

    /// Forgets what was collected.
    private mutating func reset() {
        texts.removeAll()
        merged.removeAll()
        if !numbered.isEmpty { numbered = [] }
        pairs = 0
    }

    // MARK: Collecting

    /// Adds the query, without its `?`. It comes first.
    mutating func addQuery(_ query: Bytes) {
        if compatibility == .rfc5849 { return addPairs(query, from: .query) }
        if addPlainQuery(query) { return }
        // parse_url cuts at a fragment and turns control bytes into `_`; $_GET sees the bytes.
        let visible = query.prefix(query.firstIndex(of: UInt8(ascii: "#")) ?? query.count)
        scratchURL(visible).withBytes { addPairs($0, from: .query) }
        addPHPQuery(query)
    }

    /// Adds a form body.
    mutating func addBody(_ body: Bytes) {
        addPairs(body, from: .body)
    }

    /// Adds the parameters of the Authorization header, encoded as in a form (MediaWiki), or by percent (RFC). False when the header
    /// is malformed.
    mutating func addHeader(_ header: Bytes) -> Bool {
        if compatibility == .rfc5849 {
            return AuthorizationHeader.parseRFC5849(header) { name, value in
                pairs += 1
                if !isOverfull { add(texts.add(name, value, .percent), from: .header, isListed: true) }
            }
        }
        AuthorizationHeader.splitKnown(header) { name, value, known in
            pairs += 1
            if isOverfull { return }
            // The name is letters, `_` and `-`.
            let pair =
                known == .signature ? texts.add(asIs: name, unsigned: value) : texts.add(asIs: name, value, .form)
            append(pair, texts.prefix(of: pair), known, from: .header, isListed: false)
        }
        return true
    }

    /// Adds a query about which the plain parse and `$_GET` agree, so that the last value of each name is all that counts. False,
    /// with nothing added, for others.
    private mutating func addPlainQuery(_ query: Bytes) -> Bool {
        guard !query.isEmpty, var next = query.buffer.baseAddress else { return true }
        let end = next + query.count
        texts.reservePlainQuery(query.count)
        while let pair = texts.addPlainPair(&next, until: end) {
            pairs += 1
            add(pair, from: .phpQuery, isListed: false)
            guard pairs <= PHPQuery.maxVariables else { break }
            if next == end { return true }
            next += 1
        }
        reset()
        return false
    }

    private func scratchURL(_ query: Bytes) -> [UInt8] {
        query.buffer.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "_") : $0 }
    }

    /// `OAuthUtil::parse_parameters`: splits at every `&`; empty pairs count. The input `0` is no input.
    private mutating func addPairs(_ input: Bytes, from source: ParameterSource) {
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

    private mutating func addPair(_ pair: Bytes, from source: ParameterSource) {
        if compatibility == .rfc5849, pair.isEmpty { return }
        let equals = pair.firstIndex(of: UInt8(ascii: "="))
        let rawName = pair[0..<(equals ?? pair.count)]
        let value = equals.map { pair.dropFirst($0 + 1) } ?? .empty
        if compatibility == .mediawiki, source != .phpQuery, let key = integerKey(rawName) {
            var text: [UInt8] = []
            Percent.decodeForm(value, into: &text)
            numbered.append(Numbered(source: source, key: key, value: text))
            return
        }
        let listed = compatibility == .rfc5849 || source != .phpQuery
        add(texts.add(rawName, value, .form), from: source, isListed: listed)
    }

    private func integerKey(_ rawName: Bytes) -> Int64? {
        guard let first = rawName.first, PHP.isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "%")
        else { return nil }
        var name: [UInt8] = []
        Percent.decodeForm(rawName, into: &name)
        return name.withBytes { PHP.integerKey($0) }
    }

    private mutating func addPHPQuery(_ query: Bytes) {
        for (name, value) in PHPQuery(query).variables {
            let key = name.withBytes { PHP.integerKey($0) }
            switch value {
            case .scalar(let text):
                addPHP(name, key, text, isArray: false)
            case .list(let elements):
                // PHP turns an array into the string "Array" where a string is wanted.
                for text in elements.texts { addPHP(name, key, text ?? Array("Array".utf8), isArray: true) }
            }
        }
    }

    private mutating func addPHP(_ name: [UInt8], _ key: Int64?, _ value: [UInt8], isArray: Bool) {
        if let key {
            numbered.append(Numbered(source: .phpQuery, key: key, value: value))
        } else {
            let pair = name.withBytes { name in value.withBytes { texts.add(name, $0, .plain) } }
            add(pair, from: .phpQuery, isListed: true, isArray: isArray)
        }
    }

    @inline(__always)
    private mutating func add(
        _ pair: EncodedTexts.Pair, from source: ParameterSource, isListed: Bool, isArray: Bool = false
    ) {
        let prefix = texts.prefix(of: pair)
        let known = prefix >> 16 == 0x6f61_7574_685f ? ProtocolParameter(texts.name(pair), prefix: prefix) : nil
        append(pair, prefix, known, from: source, isListed: isListed, isArray: isArray)
    }

    @inline(__always)
    private mutating func append(
        _ pair: EncodedTexts.Pair, _ prefix: UInt64, _ known: ProtocolParameter?, from source: ParameterSource,
        isListed: Bool, isArray: Bool = false
    ) {
        merged.append(
            Parameter(
                prefix: prefix, pair: pair, sequence: Int32(truncatingIfNeeded: merged.count), source: source,
                known: known, isListed: isListed, isArray: isArray))
    }

    // MARK: Merging

    /// Merges and sorts what was added; `merged` holds the result.
    mutating func merge() {
        if !numbered.isEmpty { renumber() }
        sort()
        positions = InlineArray(repeating: -1)
        decoded = InlineArray(repeating: nil)
        var start = 0
        var end = 0
        var kept = 0
        while start < merged.count {
            end = start + 1
            while end < merged.count, sameName(start, end) { end += 1 }
            if let known = merged[start].known { positions[known.rawValue] = kept }
            if end == start + 1 {
                if kept != start { merged[kept] = merged[start] }
                kept += 1
            } else {
                mergeGroup(start..<end, to: &kept)
            }
            start = end
        }
        merged.truncate(to: kept)
        // Decoded values go behind the others, which must not be moved then.
        texts.reserve(texts.count)
    }

    /// What there is of a protocol parameter, after ``merge()``; valid until the next request begins.
    mutating func value(of parameter: ProtocolParameter) -> ProtocolValue {
        let position = positions[parameter.rawValue]
        guard position >= 0 else { return .absent }
        if merged[position].isArray { return .list }
        let span = decoded[parameter.rawValue] ?? texts.decode(merged[position].pair)
        decoded[parameter.rawValue] = span
        return .text(texts.text(span))
    }

    /// The parameters of one name: the highest source wins; of it the last value, or all, sorted.
    private mutating func mergeGroup(_ group: Range<Int>, to kept: inout Int) {
        let first = kept
        var top = ParameterSource.query
        for index in group where merged[index].source.rawValue > top.rawValue { top = merged[index].source }
        for index in group where compatibility == .rfc5849 || merged[index].source == top {
            if !merged[index].isListed, kept > first { kept -= 1 }
            merged[kept] = merged[index]
            kept += 1
        }
        guard kept > first + 1 else { return }
        for index in first..<kept { merged[index].isArray = true }
        merged.withMutableElements(first..<kept) { elements in
            elements.sort { Self.compare(texts.value($0.pair), texts.value($1.pair)) < 0 }
        }
    }

    /// `array_merge` numbers integer-like names anew, in order of first appearance: the plain query's, `$_GET`'s, the body's.
    private mutating func renumber() {
        guard !numbered.isEmpty else { return }
        var next = 0
        for source in [ParameterSource.query, .phpQuery, .body] {
            var names: [Int64: [UInt8]] = [:]
            for entry in numbered where entry.source == source {
                let name: [UInt8]
                if let known = names[entry.key] {
                    name = known
                } else {
                    name = Array(String(next).utf8)
                    names[entry.key] = name
                    next += 1
                }
                let pair = name.withBytes { name in entry.value.withBytes { texts.add(name, $0, .plain) } }
                add(pair, from: source, isListed: true)
            }
        }
    }

    private func sameName(_ left: Int, _ right: Int) -> Bool {
        merged[left].prefix == merged[right].prefix
            && texts.name(merged[left].pair) == texts.name(merged[right].pair)
    }

    /// By name, then in order of arrival: insertion for the usual dozen, without an allocation; the library's sort for more.
    private mutating func sort() {
        merged.withMutableElements(0..<merged.count) { items in
            if items.count > 48 { return items.sort { Self.areInOrder($0, $1, in: texts) } }
            for index in items.indices.dropFirst() {
                let item = items[index]
                var hole = index
                while hole > 0, Self.areInOrder(item, items[hole - 1], in: texts) {
                    items[hole] = items[hole - 1]
                    hole -= 1
                }
                items[hole] = item
            }
        }
    }

    @inline(__always)
    private static func areInOrder(_ left: Parameter, _ right: Parameter, in texts: borrowing EncodedTexts) -> Bool {
        if left.prefix != right.prefix { return left.prefix < right.prefix }
        let order = compare(texts.name(left.pair), texts.name(right.pair))
        return order != 0 ? order < 0 : left.sequence < right.sequence
    }

    private static func compare(_ left: Bytes, _ right: Bytes) -> Int {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return Int(left[index]) - Int(right[index])
        }
        return left.count - right.count
    }
}
