// The commented example file, generated from the table of keys so that it always matches the program. Values that are not set
// are comments with the default, so that a later version's default takes effect.

import Bytes

/// Writes configuration files with comments.
public struct ExampleFile {
    private let values: [String: String]
    private let defaults = Configuration()
    /// A comment above each value that is set; nil for none.
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

    /// Keys that every wiki must set: without one of them a kind of session does not work.
    private static let toFillIn = [
        "store.sqlite.file", "wikis.default.id", "keys.access_token", "keys.cookie", "oauth1.secret_key_file",
        "cookie.issuer",
    ]

    /// The file with every key, in which only the keys that every wiki must set have values: examples, marked as such.
    public static var standard: String {
        let defaults = Configuration()
        let keys = ConfigurationSection.all.flatMap(\.keys).filter { toFillIn.contains($0.path) }
        return render(
            values: Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0.defaultText(defaults)) }),
            heading: """
                Configuration of Sessiongate: every key, what it does and its default. Written by `sessiongate config example`.
                Replace the values marked TO FILL IN: \(alternatives(toFillIn, "and")). The rest may stay commented out.
                Check the file after a change: `sessiongate config check --config FILE`. It also warns of what is missing.
                The environment variable above each key overrides it.
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
        for paragraph in key.explanation { text += Self.comment(paragraph, indentation: indentation) }
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
    /// The default as YAML, or an example where there is no default.
    func defaultText(_ defaults: Configuration) -> String {
        let value = value(defaults)
        if let example, [.null, .array([]), .object([]), .string("")].contains(value) { return example }
        return yamlText(value)
    }
}

/// A value in YAML's flow style. Texts that YAML would read as another type are quoted.
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
