// YAML with repeated keys. The parser stops at the first mapping that has one, which would hide every other problem of the
// file. So the second occurrence is marked, by a character that no key has, and the text is parsed again.

import Yams

/// A text that is not YAML.
struct YAMLProblem: Error {
    var line: Int
    var problem: String
}

/// A private-use character, and the number that makes each mark another name.
private let mark: Character = "\u{e000}"

/// The key's own name, and whether it was marked as repeated.
func withoutMark(_ name: String) -> (name: String, repeated: Bool) {
    guard let start = name.firstIndex(of: mark) else { return (name, false) }
    return (String(name[..<start]), true)
}

/// The root of a YAML text, in which the second and later occurrences of a key carry the mark.
func composeMarkingRepetitions(_ text: String) throws(YAMLProblem) -> Node? {
    if let line = lineOfAlias(in: text) {
        throw YAMLProblem(line: line, problem: "aliases (*name for what is marked &name) are not supported")
    }
    var text = text
    for attempt in 0..<100 {
        do {
            return try compose(yaml: text)
        } catch YamlError.duplicatedKeysInMapping(let names, let context) {
            let found = names.lazy.compactMap {
                marking($0, after: context.mark, in: text, as: "\($0)\(mark)\(attempt)")
            }
            guard let marked = found.first else { throw YAMLProblem(repeated: names, at: context.mark) }
            text = marked
        } catch {
            throw YAMLProblem(error)
        }
    }
    throw YAMLProblem(line: 1, problem: "more than 100 keys are given twice")
}

/// The text with the second occurrence of the key `name` renamed, when it stands at the beginning of a line, in the column
/// of the first one.
private func marking(_ name: String, after first: Mark, in text: String, as replacement: String) -> String? {
    guard !name.contains("\""), !name.contains("\\") else { return nil }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for index in lines.indices.dropFirst(first.line) {
        let line = lines[index]
        let key = line.drop { $0 == " " }
        guard line.count - key.count == first.column - 1, let rest = key.afterKey(name) else { continue }
        lines[index] = "\(line.prefix(first.column - 1))\"\(replacement)\"\(rest)"[...]
        return lines.joined(separator: "\n")
    }
    return nil
}

extension Substring {
    /// What follows the key `name`, plain or quoted, from the colon on; nil when another key stands here.
    fileprivate func afterKey(_ name: String) -> Substring? {
        for written in [name, "\"\(name)\"", "'\(name)'"] where hasPrefix(written) {
            let rest = dropFirst(written.count).drop { $0 == " " }
            if rest.hasPrefix(":") { return rest }
        }
        return nil
    }
}

extension YAMLProblem {
    fileprivate init(repeated names: [String], at mark: Mark) {
        self.init(line: mark.line, problem: "\(alternatives(names)) is given more than once")
    }

    /// Says what the parser says, without the text around it: that may hold a secret.
    fileprivate init(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let isAlias = problem.contains("alias") || context?.text.contains("alias") ?? false
            let hint = isAlias ? "; a name that begins with * has to be in quotes" : ""
            // libyaml's words for a dash that begins no list here, as in `file: -`.
            let isDash = problem.contains("block sequence entries are not allowed")
            let dashHint = isDash ? "; a value that is a dash has to be in quotes: \"-\"" : ""
            self.init(line: mark.line, problem: problem + hint + dashHint)
        case YamlError.reader(let problem, let offset, _, let yaml):
            let before = offset.map { yaml.prefix($0) } ?? ""
            self.init(line: 1 + before.count { $0.isNewline }, problem: problem)
        default:
            self.init(line: 1, problem: "it can't be read")
        }
    }
}
