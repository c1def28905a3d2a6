// A configuration value as it was written, and where. Scalars stay text: their key knows what they mean, so that a country
// `no` is never a boolean and a version `1.10` never a number.

import Yams

/// A value as it was written, and where.
struct SourceValue: Sendable {
    /// What was written.
    enum Content: Sendable {
        /// Nothing, or `null`, which means the same in YAML: the key has its default.
        case absent
        case text(String)
        case list([SourceValue])
        case table([Entry])
    }
    /// A name and a value of a table.
    struct Entry: Sendable {
        var name: String
        var place: Place
        var value: SourceValue
    }
    var content: Content
    var place: Place

    init(_ content: Content, at place: Place) {
        self.content = content
        self.place = place
    }

    /// The value of a YAML node; `place` makes a place of a line.
    init(_ node: Node, place: (Int) -> Place) {
        self.place = place(node.mark?.line ?? 1)
        switch node {
        case .scalar(let scalar):
            content = Self.content(of: scalar)
        case .sequence(let sequence):
            content = .list(sequence.map { SourceValue($0, place: place) })
        case .mapping(let mapping):
            content = .table(mapping.map { Entry($0.key, $0.value, place: place) })
        case .alias:
            content = .absent
        }
    }

    /// YAML 1.2's null is a plain scalar that is empty, `~` or `null`.
    private static func content(of scalar: Node.Scalar) -> Content {
        guard scalar.style == .plain else { return .text(scalar.string) }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string) ? .absent : .text(scalar.string)
    }

    /// What form it has, without its contents: it may be a secret that stands in the wrong place.
    var form: String {
        if case .text = content { return "a text" }
        return kind
    }

    /// What kind of value it is, for messages.
    var kind: String {
        switch content {
        case .absent: "nothing"
        case .text(let text): quoted(text)
        case .list: "a list"
        case .table: "a table of keys"
        }
    }
}

extension SourceValue.Entry {
    init(_ key: Node, _ value: Node, place: (Int) -> Place) {
        name = key.scalar?.string ?? "(a key that is not text)"
        self.place = place(key.mark?.line ?? 1)
        self.value = SourceValue(value, place: place)
    }
}
