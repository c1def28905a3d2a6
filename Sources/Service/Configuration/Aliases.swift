// YAML's aliases. Each stands for all that its anchor holds, which may hold aliases itself: a few lines can stand for more than any
// memory holds, and the parser would lay them out before it can be asked about them. So they are looked for in the text.

/// The line of the first alias to an anchor of the text; nil when there is none.
func lineOfAlias(in text: String) -> Int? {
    var anchors: Set<Substring> = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        guard line.first(where: { $0 != " " }) != "#" else { continue }
        anchors.formUnion(names(after: "&", in: line))
        if names(after: "*", in: line).contains(where: anchors.contains) { return index + 1 }
    }
    return nil
}

/// The names that follow `mark` where a value may begin.
private func names(after mark: Character, in line: Substring) -> [Substring] {
    line.indices.filter { index in
        guard line[index] == mark else { return false }
        return index == line.startIndex || " \t[{,:".contains(line[line.index(before: index)])
    }.map { index in line[line.index(after: index)...].prefix { !" \t\r,[]{}:".contains($0) } }
}
