// One key of a configuration file, written anew. The rest of the file, comments too, stays as it is.

/// A configuration file's text, to be changed.
struct ConfigurationEdit {
    private var lines: [Substring]

    init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The text as it is now.
    var text: String { lines.joined(separator: "\n") }

    /// Gives the key `name` of `section` this value, in YAML on one line; nil: it becomes a comment.
    /// - Returns: False when the file is written in a way that can't be edited, such as a section on one line. It is unchanged then.
    mutating func set(_ name: String, in section: String, to value: String?) -> Bool {
        guard let start = lines.firstIndex(where: { Self.isHeading($0, of: section) }) else { return false }
        let end = lines[(start + 1)...].firstIndex { Self.indentation($0) == 0 } ?? lines.endIndex
        let body = (start + 1)..<end
        guard let indentation = lines[body].lazy.compactMap(Self.indentation).first else { return false }
        let margin = String(repeating: " ", count: indentation)
        let line = Substring(margin + (value.map { "\(name): \($0)" } ?? "#\(name): []"))
        if let first = body.first(where: { lines[$0].hasPrefix("\(margin)\(name):") }) {
            lines.replaceSubrange(first..<self.end(ofValueAt: first, margin, within: end), with: [line])
        } else if value != nil {
            guard let place = place(for: name, margin, in: body) else { return false }
            lines.replaceSubrange(place, with: [line])
        }
        return true
    }

    /// Where a key is written that is not there yet: in place of the comment that shows its default, else at the section's beginning.
    private func place(for name: String, _ margin: String, in body: Range<Int>) -> Range<Int>? {
        if let comment = body.first(where: { lines[$0].hasPrefix("\(margin)#\(name): ") }) {
            return comment..<(comment + 1)
        }
        return body.lowerBound..<body.lowerBound
    }

    /// The line after the value that begins at line `first`: what is indented further belongs to it, and so do the entries of a list.
    private func end(ofValueAt first: Int, _ margin: String, within limit: Int) -> Int {
        var next = first + 1
        while next < limit,
            Self.indentation(lines[next]).map({ $0 > margin.count }) == true || lines[next].hasPrefix("\(margin)- ")
        { next += 1 }
        return next
    }

    private static func isHeading(_ line: Substring, of section: String) -> Bool {
        guard line.hasPrefix("\(section):") else { return false }
        let rest = line.dropFirst(section.count + 1).drop { $0 == " " || $0 == "\r" }
        return rest.isEmpty || rest.hasPrefix("#")
    }

    /// Spaces at the beginning of a line; nil for one without contents.
    private static func indentation(_ line: Substring) -> Int? {
        let contents = line.drop { $0 == " " }
        return contents.isEmpty || contents.hasPrefix("#") || contents == "\r" ? nil : line.count - contents.count
    }
}
