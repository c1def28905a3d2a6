// `workbench vectors DIR`: replays recorded decisions of MediaWiki through the real decoder and the whole check.

import ArgumentParser
import Foundation
import Bytes

struct Vectors: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replays a folder of recorded MediaWiki verdicts and compares.",
        discussion: """
            DIR holds *.jsonl files of recordings: requests (beside them fixtures.json, oauth.sqlite and keys/), base strings and \
            outputs of single functions; which of them a line is, it says itself. A line is printed for each failure, a note for \
            each recording without a verdict, and one at the end: N passed, N failed, N deliberate. What can't be replayed has \
            failed. Exit status 1 when any failed.
            """)

    @Argument(help: "The folder of recordings.") var directory: String

    @Option(help: "JSON file of deliberate differences: id patterns, each with what we answer and why.")
    var deliberate: String?

    @Flag(help: "Compare the status and the text of each refusal too, beside its code.")
    var texts = false

    func run() throws {
        let recording = Recording(directory: directory)
        var tally = Tally(differences: try deliberate.map { try DeliberateDifferences(path: $0) })
        for file in try recording.files() {
            do {
                replay(try recording.lines(of: file), of: file, recording, into: &tally)
            } catch {
                tally.fail(file, "\(error)")
            }
        }
        print(tally.summary)
        if tally.isEmpty { throw ValidationError("no recordings (*.jsonl) in \(directory)") }
        if tally.failed > 0 { throw ExitCode(1) }
    }
}

extension Vectors {
    private func replay(_ lines: [[UInt8]], of file: String, _ recording: Recording, into tally: inout Tally) {
        var requests = RequestReplay(recording, comparesTexts: texts)
        for (number, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) {
            replay(line, number, of: file, &requests, into: &tally)
        }
    }

    /// One line: what it cannot be asked for is its failure, not the end of the others.
    private func replay(
        _ line: [UInt8], _ number: Int, of file: String, _ requests: inout RequestReplay, into tally: inout Tally
    ) {
        var id = "\(file):\(number + 1)"
        do {
            let vector = try JSON(parsing: line)
            if let given = vector["id"]?.stringValue { id = given }
            if vector["function"] ?? vector["check"] != nil {
                let (expected, got) = try FunctionReplay.outputs(of: vector)
                tally.compare(id, expected: expected, got: got)
            } else if vector["base_string"] != nil {
                let (expected, got) = try BaseStringReplay.outputs(of: vector)
                tally.compare(id, expected: expected, got: got)
            } else {
                try requests.replay(vector, id, number, into: &tally)
            }
        } catch {
            tally.fail(id, "\(error)")
        }
    }
}

/// Why a recording can't be replayed.
struct Unreplayable: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
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

    /// Counts a recording that could not be replayed as failed.
    mutating func fail(_ id: String, _ why: String) {
        failed += 1
        print("FAILED \(id): not replayed: \(why)")
    }

    /// Says something about a recording that is no comparison.
    func note(_ id: String, _ text: String) { print("NOTE \(id): \(text)") }
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
