// The commented example, made of the table of keys, so that it can't say anything else than the program does. Values that
// are not given stand as comments with their defaults: a later version's better default then still takes effect.

import Bytes

/// Writes configuration files with comments.
public struct ExampleFile {
    private let values: [String: String]
    private let defaults = Configuration()
    /// A comment above each value that is set.
    private let mark: String?
    private var text = ""
    private var open: [String] = []

    private init(_ values: [String: String], mark: String?) {
        self.values = values
        self.mark = mark
    }

    /// A file with every key, its documentation and its default; `values` (YAML texts by key) are set.
    public static func render(values: [String: String], heading: String) -> String {
        render(values: values, heading: heading, mark: nil)
    }

    private static func render(values: [String: String], heading: String, mark: String?) -> String {
        var file = ExampleFile(values, mark: mark)
        file.text = comment(heading, indentation: "")
        for section in ConfigurationSection.all { file.write(section) }
        return file.text
    }

    /// Without one of these a kind of session does not work, or not for this wiki.
    private static let toFillIn = [
        "store.sqlite.file", "wikis.default.id", "keys.access_token", "keys.cookie", "oauth1.secret_key_file",
        "cookie.issuer",
    ]

    /// The file with every key, in which only what every wiki has its own of is set, with examples.
    public static var standard: String {
        let defaults = Configuration()
        let keys = ConfigurationSection.all.flatMap(\.keys).filter { toFillIn.contains($0.path) }
        return render(
            values: Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0.defaultText(defaults)) }),
            heading: """
                Configuration of Sessiongate: every key, what it does and its default. Written by `sessiongate config example`.
                Replace the values marked TO FILL IN: \(alternatives(toFillIn, "and")). The rest may stay commented out.
                Check a changed file with `sessiongate config check --config FILE`: it also warns of what is missing.
                Each key can be overridden by the environment variable that stands beside it.
                """, mark: "TO FILL IN: this is only an example.")
    }

    private mutating func write(_ section: ConfigurationSection) {
        text += "\n"
        if !section.path.isEmpty { text += Self.comment(section.documentation, indentation: "") }
        for (index, key) in section.keys.enumerated() {
            enter(key.sections)
            if index > 0 { text += "\n" }
            write(key)
        }
    }

    /// Writes the headings of sections that are not open yet.
    private mutating func enter(_ sections: [String]) {
        let common = zip(open, sections).prefix { $0 == $1 }.count
        for depth in common..<max(common, sections.count) {
            text += String(repeating: "  ", count: depth) + sections[depth] + ":\n"
        }
        open = sections
    }

    private mutating func write(_ key: ConfigurationKey) {
        let indentation = String(repeating: "  ", count: key.sections.count)
        text += Self.comment(key.documentation, indentation: indentation)
        text += Self.comment("Expects \(key.expectation).", indentation: indentation)
        text += "\(indentation)# \(key.variable)\n"
        if let mark, values[key.path] != nil { text += "\(indentation)# \(mark)\n" }
        let value = values[key.path]
        let mark = value == nil ? "#" : ""
        let lines = (value ?? key.defaultText(defaults)).split(separator: "\n")
        if lines.count == 1, !lines[0].hasPrefix("- "), !lines[0].contains(": {") {
            text += "\(indentation)\(mark)\(key.name): \(lines[0])\n"
        } else {
            text += "\(indentation)\(mark)\(key.name):\n"
            for line in lines { text += "\(indentation)\(mark)  \(line)\n" }
        }
    }

    /// Comment lines of at most 100 columns.
    static func comment(_ paragraphs: String, indentation: String) -> String {
        var result = ""
        for paragraph in paragraphs.split(separator: "\n") {
            for line in wrapped(String(paragraph), width: 98 - indentation.count) {
                result += "\(indentation)# \(line)\n"
            }
        }
        return result
    }
}

extension ConfigurationKey {
    /// The default as YAML, or what it might look like where there is none.
    func defaultText(_ defaults: Configuration) -> String {
        let value = value(defaults)
        if let example, [.null, .array([]), .object([]), .string("")].contains(value) { return example }
        return yamlText(value)
    }
}

/// A value in YAML's flow style; texts that could be read as anything else are quoted.
func yamlText(_ value: JSON) -> String {
    switch value {
    case .string(let text): isPlainYAML(text) ? text : "\(value)"
    case .array(let elements): "[" + elements.map(yamlText).joined(separator: ", ") + "]"
    case .object(let members): "{" + members.map { "\($0.name): \(yamlText($0.value))" }.joined(separator: ", ") + "}"
    default: "\(value)"
    }
}

private func isPlainYAML(_ text: String) -> Bool {
    let allowed = { (byte: UInt8) in ASCII.isAlphanumeric(byte) || "-_./:".utf8.contains(byte) }
    guard let first = text.utf8.first, ASCII.isAlphanumeric(first) || first == UInt8(ascii: "/") else { return false }
    return text.utf8.allSatisfy(allowed) && !text.hasSuffix(":") && !["null", "true", "false"].contains(text)
}

/// Lines of at most `width` characters, broken at spaces.
func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
        let last = lines[lines.count - 1]
        if last.isEmpty {
            lines[lines.count - 1] = String(word)
        } else if last.count + 1 + word.count <= width {
            lines[lines.count - 1] += " " + word
        } else {
            lines.append(String(word))
        }
    }
    return lines
}
