// Values that are tables themselves.

import Sessions
import Bytes

extension SourceValue {
    /// The entries of a table.
    func entries(expected: String, _ mismatches: inout [Mismatch]) -> [Entry]? {
        switch content {
        case .table(let entries): return entries
        case .absent: return []
        default:
            mismatches.append(Mismatch(problem: "got \(kind)", expected: expected, place: place))
            return nil
        }
    }

    /// The entries of a table whose names are known, by name; every unknown and every missing one is a mismatch.
    func fields(
        _ known: [String], required: [String], of part: String?, _ mismatches: inout [Mismatch]
    ) -> [String: SourceValue]? {
        let count = mismatches.count
        let fields = givenFields(known, required: required, of: part, &mismatches)
        return mismatches.count == count ? fields : nil
    }

    /// The same, but those that are there are returned also when there are mismatches: what is wrong with them is found too. Nil
    /// when this is no table.
    func givenFields(
        _ known: [String], required: [String], of part: String?, _ mismatches: inout [Mismatch]
    ) -> [String: SourceValue]? {
        let expected = "{" + known.map { "\($0): …" }.joined(separator: ", ") + "}"
        guard let entries = entries(expected: expected, &mismatches) else { return nil }
        for entry in entries where !known.contains(entry.name) {
            mismatches.append(
                Mismatch(
                    problem: "unknown key \(quoted(entry.name))", expected: expected, place: entry.place, part: part))
        }
        let given = entries.filter { if case .absent = $0.value.content { false } else { true } }
        let fields = Dictionary(given.map { ($0.name, $0.value) }) { first, _ in first }
        for name in required where fields[name] == nil {
            mismatches.append(Mismatch(problem: "\(name) is missing", expected: expected, place: place, part: part))
        }
        return fields
    }
}

extension Codec {
    /// Decodes a part of a value: mismatches name it.
    func decode(_ source: SourceValue, part: String, _ mismatches: inout [Mismatch]) -> Value? {
        let count = mismatches.count
        let value = decode(source, &mismatches)
        for index in count..<mismatches.count {
            mismatches[index].part = mismatches[index].part.map { "\(part).\($0)" } ?? part
        }
        return value
    }
}

extension Codec where Value == ClassSettings.GroupClass {
    /// A rule of the list of groups.
    static var groupClass: Codec {
        Codec(
            expectation: "{group: …, class: …}",
            decode: { source, mismatches in
                guard
                    let fields = source.fields(["group", "class"], required: ["group", "class"], of: nil, &mismatches)
                else { return nil }
                let group = fields["group"].flatMap {
                    Codec<String>.word("a group").decode($0, part: "group", &mismatches)
                }
                let name = fields["class"].flatMap {
                    Codec<String>.word("a class").decode($0, part: "class", &mismatches)
                }
                guard let group, let name else { return nil }
                return ClassSettings.GroupClass(group: group, name: name)
            },
            encode: { ["group": .string($0.group), "class": .string($0.name)] })
    }
}
