// `workbench vectors DIR`: replays recorded decisions of MediaWiki through the real decoder and the whole check.

import ArgumentParser
import Foundation
import Wire

struct Vectors: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replays a folder of recorded MediaWiki verdicts and compares.",
        discussion: """
            DIR holds *.jsonl files of recorded requests, beside them fixtures.json, oauth.sqlite and keys/. A line is printed for \
            each failure, and one at the end: N passed, N failed, N deliberate. Exit status 1 when any failed.
            """)

    @Argument(help: "The folder of recordings.") var directory: String

    @Option(help: "JSON file of deliberate differences: id patterns, each with what we answer and why.")
    var deliberate: String?

    func run() throws {
        let recording = try Recording(directory: directory)
        var tally = Tally(differences: try deliberate.map { try DeliberateDifferences(path: $0) })
        for file in try recording.files() {
            let lines = try recording.lines(of: file)
            switch file {
            case "lib-basestring.jsonl": BaseStringReplay.run(lines, into: &tally)
            case "lib-functions.jsonl", "lib-unit-tests.jsonl": FunctionReplay.run(lines, into: &tally)
            default: try RequestReplay(recording).run(lines, into: &tally)
            }
        }
        if tally.isEmpty {
            throw ValidationError("no recordings (*.jsonl) in \(directory)")
        }
        print(tally.summary)
        if tally.failed > 0 { throw ExitCode(1) }
    }
}

/// What the replay found so far.
struct Tally {
    private(set) var passed = 0, failed = 0, deliberate = 0
    private let differences: DeliberateDifferences?

    init(differences: DeliberateDifferences?) { self.differences = differences }

    var isEmpty: Bool { passed + failed + deliberate == 0 }
    var summary: String { "\(passed) passed, \(failed) failed, \(deliberate) deliberate" }

    /// Counts one comparison; prints a line when it failed.
    mutating func compare(_ id: String, expected: String, got: String) {
        if expected == got {
            passed += 1
        } else if differences?.covers(id: id, expected: expected, got: got) == true {
            deliberate += 1
        } else {
            failed += 1
            print("FAILED \(id): expected: \(expected); got: \(got)")
        }
    }
}

/// Where we differ on purpose, with the reason.
struct DeliberateDifferences {
    private struct Entry {
        var id: String
        var expected: String
        var got: String
    }

    private let entries: [Entry]

    init(path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let list = try JSON(parsing: [UInt8](data)).elements ?? []
        entries = try list.map { item in
            guard let id = item["id"]?.stringValue, let expected = item["expected"]?.stringValue,
                let got = item["got"]?.stringValue, let reason = item["reason"]?.stringValue, reason.count > 20
            else { throw ValidationError("\(path): every entry needs id, expected, got and a reason") }
            return Entry(id: id, expected: expected, got: got)
        }
    }

    /// An id may end in `*`; verdicts are prefixes, so that a message may follow.
    func covers(id: String, expected: String, got: String) -> Bool {
        entries.contains { entry in
            let isSame = entry.id.hasSuffix("*") ? id.hasPrefix(entry.id.dropLast()) : id == entry.id
            return isSame && expected.hasPrefix(entry.expected) && got.hasPrefix(entry.got)
        }
    }
}
