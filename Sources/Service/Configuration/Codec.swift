// How one kind of value is read and shown. A codec says what it expects in the words that messages and the example use.

import Bytes

/// Reads and shows values of one kind.
struct Codec<Value: Sendable>: Sendable {
    /// What belongs here, as it follows "expected".
    let expectation: String
    /// The value, or nil after at least one mismatch was added.
    let decode: @Sendable (SourceValue, inout [Mismatch]) -> Value?
    /// How the value is shown and written.
    let encode: @Sendable (Value) -> JSON
}

extension Codec {
    /// A value written as one scalar.
    static func scalar(
        _ expectation: String, _ parse: @escaping @Sendable (String) -> Value?,
        format: @escaping @Sendable (Value) -> String
    ) -> Codec {
        Codec(
            expectation: expectation,
            decode: { source, mismatches in
                if case .text(let text) = source.content, let value = parse(text) { return value }
                mismatches.append(Mismatch(problem: "got \(source.kind)", expected: expectation, place: source.place))
                return nil
            },
            encode: { .string(format($0)) })
    }

    /// The same, shown in another way.
    func shown(_ encode: @escaping @Sendable (Value) -> JSON) -> Codec {
        Codec(expectation: expectation, decode: decode, encode: encode)
    }

    /// The same, or the word `none`, which stands for nil.
    func orNone(_ word: String) -> Codec<Value?> {
        let (expectation, decode, encode) = (expectation, decode, encode)
        let whole = "\(expectation), or \(word)"
        return Codec<Value?>(
            expectation: whole,
            decode: { source, mismatches in
                if case .text(word) = source.content { return .some(nil) }
                let count = mismatches.count
                let value = decode(source, &mismatches)
                for index in count..<mismatches.count where mismatches[index].expected == expectation {
                    mismatches[index].expected = whole
                }
                return value.map { .some($0) }
            },
            encode: { $0.map(encode) ?? .string(word) })
    }

    /// A list of such values, in which one alone needs no brackets and, in the environment, commas separate.
    func list(_ expectation: String, counts: ClosedRange<Int> = 0...1000) -> Codec<[Value]> {
        let (decode, encode) = (decode, encode)
        return Codec<[Value]>(
            expectation: expectation,
            decode: { source, mismatches in
                let elements = source.elements
                if !counts.contains(elements.count) {
                    let problem = "got \(elements.count) entries"
                    mismatches.append(Mismatch(problem: problem, expected: expectation, place: source.place))
                    return nil
                }
                let values = elements.map { decode($0, &mismatches) }
                return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
            },
            encode: { .array($0.map(encode)) })
    }
}

extension SourceValue {
    /// The elements of a list, or the value alone.
    fileprivate var elements: [SourceValue] {
        switch (content, place) {
        case (.list(let elements), _): elements
        case (.absent, _): []
        case (.text(let text), .variable):
            text.split(separator: ",").map { SourceValue(.text(String($0.trimmed)), at: place) }
        default: [self]
        }
    }
}

extension Substring {
    /// Without spaces around.
    var trimmed: Substring {
        let start = drop { $0 == " " }
        return start.lastIndex { $0 != " " }.map { start[...$0] } ?? start[start.startIndex..<start.startIndex]
    }
}

extension Codec where Value == Bool {
    /// `true` or `false`.
    static var boolean: Codec {
        Codec(
            expectation: "true or false",
            decode: Codec.scalar("true or false", { Bool($0) }, format: { "\($0)" }).decode,
            encode: { .bool($0) })
    }
}

extension Codec where Value: RawRepresentable, Value.RawValue == String {
    /// One of some words.
    static func choice(_ values: Value...) -> Codec {
        let words = values.map(\.rawValue)
        return scalar(alternatives(words), { words.contains($0) ? Value(rawValue: $0) : nil }, format: \.rawValue)
    }
}

/// `a, b or c`.
package func alternatives(_ words: [String], _ last: String = "or") -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " \(last) " + (words.last ?? "")
}

extension Codec where Value == [String] {
    /// The same, without order.
    var asSet: Codec<Set<String>> {
        let (decode, encode) = (decode, encode)
        return Codec<Set<String>>(
            expectation: expectation, decode: { decode($0, &$1).map { Set($0) } }, encode: { encode($0.sorted()) })
    }
}
