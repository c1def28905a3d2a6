// The configuration shown: every key with its value in force, for /config and `config show`, and the reference of keys.

import Bytes

extension LoadedConfiguration {
    /// All values in force, secrets hidden, and where those that are not defaults were written.
    public var listing: JSON {
        var values = JSON.object([])
        for key in ConfigurationSection.all.flatMap(\.keys) {
            values = values.setting(key.value(configuration), at: (key.sections + [key.name])[...])
        }
        let given = places.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string("\($0.value)")) }
        return ["file": .string(file), "values": values, "given": .object(given)]
    }
}

extension JSON {
    /// The object with the value at a path of names, which are made where there are none.
    fileprivate func setting(_ value: JSON, at path: ArraySlice<String>) -> JSON {
        guard let name = path.first else { return value }
        guard case .object(var members) = self else { return JSON.object([]).setting(value, at: path) }
        let index = members.firstIndex { $0.name == name }
        let inner = (index.map { members[$0].value } ?? [:]).setting(value, at: path.dropFirst())
        if let index { members[index].value = inner } else { members.append(JSON.Member(name, inner)) }
        return .object(members)
    }
}

extension ConfigurationKey {
    /// What it does, and what belongs there: a paragraph each.
    var explanation: [String] {
        [documentation, "Expects \(expectation)." + (needsRestart ? " A change needs a restart." : "")]
    }
}

/// The reference of all keys, for people.
public enum ConfigurationReference {
    /// All keys, or those whose path contains `word`; empty when there is none.
    public static func text(matching word: String? = nil) -> String {
        let defaults = Configuration()
        var text = ""
        for key in ConfigurationSection.all.flatMap(\.keys)
        where word.map({ key.path.range(ofText: $0) != nil }) ?? true {
            let standard = key.isRequired ? "required" : "default \(yamlText(key.value(defaults)))"
            text += "\(key.path)  (\(standard))\n"
            for line in key.explanation.flatMap({ wrapped($0, width: 92) }) {
                text += "    \(line)\n"
            }
            text += "    \(key.variable)\n\n"
        }
        return text
    }
}
