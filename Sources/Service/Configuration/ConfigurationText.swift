// A YAML text → values by key, with their places. Knows the table of keys; reports unknown and repeated ones.

import Yams

/// The values that a configuration file and the environment give, by key.
struct GivenValues {
    /// Values by the key's path.
    var values: [String: SourceValue] = [:]
    /// Lines of sections, for what is missing in them.
    private(set) var sections: [String: Place] = [:]
    private(set) var problems: [ConfigurationProblem] = []
    /// The text is YAML: what is missing in it is really missing.
    private(set) var isWhole = true
    private let file: String
    private let keys: [String: ConfigurationKey]
    /// Names that may follow a section's path.
    private let names: [String: [String]]

    /// Reads the YAML text of `file`.
    init(text: String, file: String) {
        self.file = file
        let all = ConfigurationSection.all.flatMap(\.keys)
        keys = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })
        names = Self.names(of: all)
        do {
            guard let root = try composeMarkingRepetitions(text) else { return }
            read(SourceValue(root) { .file(file, line: $0) }, path: "")
        } catch {
            isWhole = false
            problems.append(
                ConfigurationProblem(
                    place: .file(file, line: error.line), key: "",
                    problem: "this can't be read as YAML: \(error.problem)",
                    expected: "keys and values, as in `sessiongate config example`"))
        }
    }

    private static func names(of keys: [ConfigurationKey]) -> [String: [String]] {
        var names: [String: [String]] = [:]
        for key in keys {
            var path = ""
            for name in key.sections + [key.name] {
                if names[path, default: []].contains(name) == false { names[path, default: []].append(name) }
                path = path.isEmpty ? name : "\(path).\(name)"
            }
        }
        return names
    }

    private mutating func read(_ section: SourceValue, path: String) {
        sections[path] = section.place
        switch section.content {
        case .absent: return
        case .table(let entries): for entry in entries { read(entry, in: path) }
        default:
            let expected = "a table of keys: " + alternatives(names[path] ?? [])
            report(section.place, path, "got \(section.form)", expected)
        }
    }

    private mutating func read(_ entry: SourceValue.Entry, in section: String) {
        let (name, repeated) = withoutMark(entry.name)
        let path = section.isEmpty ? name : "\(section).\(name)"
        if repeated {
            report(entry.place, path, "given more than once", "each key once")
        } else if names[path] != nil {
            var value = entry.value
            value.place = entry.place
            read(value, path: path)
        } else if keys[path] != nil {
            if case .absent = entry.value.content { return }
            values[path] = entry.value
        } else {
            report(entry.place, path, "unknown key", suggestion(for: path, in: section))
        }
    }

    private func suggestion(for path: String, in section: String) -> String {
        let siblings = (names[section] ?? []).map { section.isEmpty ? $0 : "\(section).\($0)" }
        if let near = nearest(to: path, among: siblings) { return near }
        let name = path.split(separator: ".").last.map(String.init) ?? path
        let elsewhere = keys.values.filter { $0.name == name }.map(\.path).sorted()
        if !elsewhere.isEmpty { return alternatives(elsewhere) }
        return "one of " + (names[section] ?? []).joined(separator: ", ")
    }

    private mutating func report(_ place: Place, _ key: String, _ problem: String, _ expected: String) {
        problems.append(ConfigurationProblem(place: place, key: key, problem: problem, expected: expected))
    }

    /// The nearest place for something that is missing: its section, or the file.
    func place(ofMissing path: String) -> Place {
        var parts = path.split(separator: ".").dropLast()
        while !parts.isEmpty {
            if let place = sections[parts.joined(separator: ".")] { return place }
            parts = parts.dropLast()
        }
        return .file(file, line: 1)
    }
}

extension GivenValues {
    /// Lays the environment over the file.
    mutating func override(by environment: [String: String]) {
        let byVariable = Dictionary(uniqueKeysWithValues: keys.values.map { ($0.variable, $0) })
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where !text.isEmpty {
            if let key = byVariable[name] {
                let value = Self.value(of: name, text: text)
                if case .absent = value.content { values[key.path] = nil } else { values[key.path] = value }
            } else if isMeantAsOverride(name) {
                let near = nearest(to: name, among: byVariable.keys.sorted())
                report(
                    .variable(name), "", "no key has this name", near ?? "a variable of `sessiongate config reference`")
            }
        }
    }

    /// Whether a variable can only be meant for this program: others, such as what Kubernetes sets for services
    /// (`SESSIONGATE_SERVICE_HOST`, `SESSIONGATE_EDGE_PORT_9001_TCP`), are left alone.
    private func isMeantAsOverride(_ name: String) -> Bool {
        guard !name.contains("_SERVICE_"), !name.contains("_PORT") else { return false }
        return (names[""] ?? []).contains { name.hasPrefix(ConfigurationKey.variable(of: $0) + "_") }
    }

    /// Lists and tables are written as YAML in brackets or braces; anything else is one scalar.
    private static func value(of name: String, text: String) -> SourceValue {
        let place = Place.variable(name)
        let structured = ["[", "{"].contains(text.prefix(1))
        guard structured, let node = try? composeMarkingRepetitions(text) else {
            return SourceValue(text == "null" ? .absent : .text(text), at: place)
        }
        return SourceValue(node) { _ in place }
    }
}
