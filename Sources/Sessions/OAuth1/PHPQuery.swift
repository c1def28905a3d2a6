// PHP's `$_GET`: what `php_default_treat_data` makes of a query string, as far as the OAuth library can see it.
//
// The library signs the values of `$_GET`: the last of a repeated name, mangled names (`.`, space and an unclosed `[` become `_`),
// and for bracketed names the list of first-level elements, of which nested ones read "Array".

import Bytes

/// The variables of a query string, in order of first appearance.
package struct PHPQuery {
    /// A value of `$_GET`.
    package enum Value {
        /// A string.
        case scalar([UInt8])
        /// An array.
        case list(Elements)
    }

    /// The first level of an array.
    package struct Elements {
        /// Values in order of first appearance; nil for one that is an array itself.
        package private(set) var texts: [[UInt8]?] = []
        private var positions: [[UInt8]: Int] = [:]
        private var nextIndex: Int64 = 0

        /// Sets the element `key`; a nil key appends.
        mutating func set(_ key: [UInt8]?, _ text: [UInt8]?) {
            let key = key ?? Array(String(nextIndex).utf8)
            if let integer = key.withBytes({ PHP.integerKey($0) }), integer >= nextIndex { nextIndex = integer &+ 1 }
            if let position = positions[key] {
                texts[position] = text
            } else {
                positions[key] = texts.count
                texts.append(text)
            }
        }
    }

    /// The variables. Integer-like names are kept as text; `PHP.integerKey` tells them apart.
    package private(set) var variables: [(name: [UInt8], value: Value)] = []
    private var positions: [[UInt8]: Int] = [:]
    private var hasRemoved = false

    /// `max_input_vars` and `max_input_nesting_level`, PHP's defaults.
    static let maxVariables = 1000
    private static let maxNesting = 64

    /// Reads `query`, without the leading `?`.
    package init(_ query: Bytes) {
        read(query)
        if hasRemoved { variables.removeAll { $0.name.isEmpty } }
    }

    private mutating func read(_ query: Bytes) {
        var start = 0
        var count = 0
        while start <= query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
            if end > start {
                count += 1
                if count > Self.maxVariables { return }
                register(query[start..<end])
            }
            start = end + 1
        }
    }

    private mutating func register(_ pair: Bytes) {
        let equals = pair.firstIndex(of: UInt8(ascii: "="))
        var name: [UInt8] = []
        var value: [UInt8] = []
        Percent.decodeForm(pair[0..<(equals ?? pair.count)], into: &name)
        if let equals { Percent.decodeForm(pair.dropFirst(equals + 1), into: &value) }
        // The name is a C string: it ends at the first NUL, and leading spaces are skipped.
        if let nul = name.firstIndex(of: 0) { name.removeSubrange(nul...) }
        let text = name.drop { $0 == UInt8(ascii: " ") }
        guard let bracket = text.firstIndex(of: UInt8(ascii: "[")) else {
            return set(mangle(text), .scalar(value))
        }
        guard bracket > text.startIndex else { return }
        registerElement(mangle(text[..<bracket]), indices: text[bracket...], value)
    }

    /// `indices` begins with `[`.
    private mutating func registerElement(_ name: [UInt8], indices: ArraySlice<UInt8>, _ value: [UInt8]) {
        guard let first = Self.index(in: indices) else {
            // Not an index after all: the bracket, and whatever is unfit for a name behind it, becomes `_`.
            return set(mangle(name[...] + indices), .scalar(value))
        }
        var rest = first.rest
        var levels = 1
        while rest.first == UInt8(ascii: "[") {
            levels += 1
            if levels > Self.maxNesting { return remove(name) }
            guard let next = Self.index(in: rest) else { break }
            rest = next.rest
        }
        let closed = rest.first != UInt8(ascii: "[")
        let nested = levels > 2 || (levels == 2 && closed)
        insert(name, key: first.key, nested ? nil : value)
    }

    /// The first index of `[key]…`: its key, nil for `[]`; and what follows. Nil when the bracket is never closed.
    private static func index(in text: ArraySlice<UInt8>) -> (key: [UInt8]?, rest: ArraySlice<UInt8>)? {
        let start = text.index(after: text.startIndex)
        var probe = start
        if probe < text.endIndex, PHP.isSpace(text[probe]) { probe += 1 }
        if probe < text.endIndex, text[probe] == UInt8(ascii: "]") { return (nil, text[(probe + 1)...]) }
        guard probe < text.endIndex, let close = text[probe...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        return (Array(text[start..<close]), text[(close + 1)...])
    }

    private mutating func insert(_ name: [UInt8], key: [UInt8]?, _ text: [UInt8]?) {
        var elements = Elements()
        if let position = positions[name], case .list(let existing) = variables[position].value {
            elements = existing
            variables[position].value = .scalar([])  // gives up the second reference: the list is changed in place
        }
        elements.set(key, text)
        set(name, .list(elements))
    }

    private mutating func set(_ name: [UInt8], _ value: Value) {
        guard !name.isEmpty else { return }
        if let position = positions[name] {
            variables[position].value = value
        } else {
            positions[name] = variables.count
            variables.append((name, value))
        }
    }

    /// Leaves a variable without a name, which no other has, in its place until all are read: moving those behind it each time would
    /// make a query of 64 KiB the work of 50 ms.
    private mutating func remove(_ name: [UInt8]) {
        guard let position = positions.removeValue(forKey: name) else { return }
        variables[position] = ([], .scalar([]))
        hasRemoved = true
    }

    private func mangle(_ name: ArraySlice<UInt8>) -> [UInt8] {
        name.map { byte in
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "["): UInt8(ascii: "_")
            default: byte
            }
        }
    }
}
