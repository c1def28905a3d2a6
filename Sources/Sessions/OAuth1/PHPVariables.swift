// A few variables of a query or a form, as PHP has them: the last of a repeated name counts, names are decoded and may be arrays. They
// are found in one pass, without reading all the others into a table.

import Bytes

/// Variables that are looked for. A value of the type begins without any.
protocol PHPVariables {
    /// Whether one of the names begins with `letter`.
    func mayBegin(with letter: UInt8) -> Bool
    /// Notes a variable, in place of an earlier one of the name. Names that are not looked for come, too.
    mutating func note(_ name: Bytes, _ value: PHPQuery.Found)
}

extension PHPQuery {
    /// A value where it was found.
    enum Found {
        /// A text as it came.
        case encoded(Bytes)
        /// A text.
        case decoded(Bytes)
        /// For MediaWiki as good as none, but it hides a variable of the same name in the query.
        case array

        /// What `body` makes of the text; nil for an array.
        func withText<Result>(_ body: (Bytes) -> Result) -> Result? {
            switch self {
            case .array: return nil
            case .decoded(let text): return body(text)
            case .encoded(let text):
                var decoded: [UInt8] = []
                Percent.decodeForm(text, into: &decoded)
                return decoded.withBytes(body)
            }
        }
    }
}

extension PHPVariables {
    /// These variables of `text`, a query without its `?`, or a form.
    func found(in text: Bytes) -> Self {
        var variables = self
        var start = 0
        var count = 1
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count
            if mayBeName(text[start]) {
                let pair = text[start..<end]
                let name = pair.prefix(pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count)
                guard name.buffer.allSatisfy(Percent.isUnreserved), count <= PHPQuery.maxVariables else {
                    return found(in: PHPQuery(text))
                }
                variables.note(name, .encoded(pair.dropFirst(name.count + 1)))
            }
            start = end + 1
            count += 1
        }
        return variables
    }

    private func found(in query: PHPQuery) -> Self {
        var variables = self
        for (name, value) in query.variables {
            name.withBytes { name in
                switch value {
                case .scalar(let text): text.withBytes { variables.note(name, .decoded($0)) }
                case .list: variables.note(name, .array)
                }
            }
        }
        return variables
    }

    /// Whether a pair that begins so can be about one of these: PHP decodes names, and leaves out spaces before them.
    private func mayBeName(_ first: UInt8) -> Bool {
        first == UInt8(ascii: "%") || first == UInt8(ascii: "+") || first == 0x20 || mayBegin(with: first)
    }
}

/// One variable.
struct PHPVariable: PHPVariables {
    /// What is there under the name.
    enum Value {
        case array
        case text([UInt8])
    }

    /// Its name, in plain letters.
    let name: StaticString
    /// Nil when it is absent.
    private(set) var value: Value?

    /// The variable `name`, which was not looked for yet.
    init(_ name: StaticString) { self.name = name }

    func mayBegin(with letter: UInt8) -> Bool { letter == name.utf8Start[0] }

    mutating func note(_ name: Bytes, _ value: PHPQuery.Found) {
        if name == self.name { self.value = value.withText { .text($0.array) } ?? .array }
    }
}
