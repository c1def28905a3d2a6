// The words of a command line that was copied from a terminal, a browser's developer tools or a log: POSIX quoting, and $'…'.

/// A command line cut into words.
enum ShellWords {
    /// The words of `text`; nil when a quote has no end.
    static func split(_ text: String) -> [String]? {
        var reader = Reader(rest: Array(text.unicodeScalars)[...])
        var words: [String] = []
        while let word = reader.next() { words.append(word) }
        return reader.isBroken ? nil : words
    }

    private struct Reader {
        var rest: ArraySlice<Unicode.Scalar>
        var isBroken = false

        private mutating func take() -> Unicode.Scalar? { rest.popFirst() }

        mutating func next() -> String? {
            while let first = rest.first, isSpace(first) || isLineContinuation {
                rest.removeFirst(isSpace(first) ? 1 : 2)
            }
            guard !rest.isEmpty else { return nil }
            var word = String.UnicodeScalarView()
            while let scalar = rest.first, !isSpace(scalar) {
                rest.removeFirst()
                switch scalar {
                case "'": readQuoted(to: "'", &word)
                case "\"": readDoubleQuoted(&word)
                case "$" where rest.first == "'":
                    rest.removeFirst()
                    readANSI(&word)
                case "\\":
                    if let next = take(), next != "\n" { word.append(next) }
                default: word.append(scalar)
                }
            }
            return String(word)
        }

        private var isLineContinuation: Bool { rest.count > 1 && rest.starts(with: ["\\", "\n"]) }

        private func isSpace(_ scalar: Unicode.Scalar) -> Bool { [" ", "\t", "\n", "\r"].contains(scalar) }

        private mutating func readQuoted(to end: Unicode.Scalar, _ word: inout String.UnicodeScalarView) {
            while let scalar = take() {
                if scalar == end { return }
                word.append(scalar)
            }
            isBroken = true
        }

        private mutating func readDoubleQuoted(_ word: inout String.UnicodeScalarView) {
            while let scalar = take() {
                if scalar == "\"" { return }
                if scalar == "\\", let next = rest.first, ["\"", "\\", "$", "`", "\n"].contains(next) {
                    rest.removeFirst()
                    if next != "\n" { word.append(next) }
                } else {
                    word.append(scalar)
                }
            }
            isBroken = true
        }

        /// `$'…'`, as browsers' "copy as cURL" writes what needs it.
        private mutating func readANSI(_ word: inout String.UnicodeScalarView) {
            while let scalar = take() {
                if scalar == "'" { return }
                guard scalar == "\\", let letter = take() else {
                    word.append(scalar)
                    continue
                }
                switch letter {
                case "n": word.append("\n")
                case "r": word.append("\r")
                case "t": word.append("\t")
                case "u", "x":
                    let digits = rest.prefix(letter == "u" ? 4 : 2).prefix { $0.properties.isASCIIHexDigit }
                    rest.removeFirst(digits.count)
                    if let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
                        let decoded = Unicode.Scalar(value)
                    {
                        word.append(decoded)
                    }
                default: word.append(letter)
                }
            }
            isBroken = true
        }
    }
}
