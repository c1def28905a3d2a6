// What `curl -v` prints, on standard error and standard output together (curl(1), --verbose): what it does behind "* ", what it sends
// behind "> ", what it gets behind "< ", sizes of data behind "{ " and "} ", a meter of its progress in between, and the answer's body.

/// Finds requests in curl's verbose output.
enum VerboseOutput {
    /// The lines of the first request in `text`, without their marks; nil when there is none. A tunnel through a proxy (CONNECT) is
    /// not the request. Bodies are not printed: there is none.
    static func request(in text: String) -> [Substring]? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(withoutMeter)
        let start = lines.firstIndex { line in
            let sent = line.dropFirst(2)
            return line.hasPrefix("> ") && RequestText.isRequestLine(sent) && !sent.hasPrefix("CONNECT ")
        }
        guard let start else { return nil }
        return lines[start...].prefix { $0.hasPrefix("> ") && $0.count > 2 }.map { $0.dropFirst(2) }
    }

    /// A line without the progress meter, which ends without a line feed.
    private static func withoutMeter(_ line: Substring) -> Substring {
        guard let end = line.firstIndex(of: ">"), line[..<end].allSatisfy({ $0.isNumber || " :.-kMGTP".contains($0) })
        else { return line }
        return line[end...]
    }
}
