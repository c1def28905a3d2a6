// The corpora and all that fuzzing ever found, run as unit tests.

import Bytes
import Foundation
import FuzzTargets
import TestSupport
import Testing

@Suite struct ReplayTests {
    /// An input on disk.
    struct Input: Sendable, CustomTestStringConvertible {
        let target: FuzzTarget
        let file: URL

        var testDescription: String { "\(target.name)/\(file.lastPathComponent)" }

        /// The files of `Tests/Fuzz/<folder>/<target>`, by name.
        static func all(_ folder: String) -> [Input] {
            FuzzTarget.all.flatMap { target in
                let path = TestFiles.root.appending(path: "Tests/Fuzz/\(folder)/\(target.name)")
                let files = try? FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: nil)
                return (files ?? []).sorted { $0.path < $1.path }.map { Input(target: target, file: $0) }
            }
        }
    }

    @Test(arguments: Input.all("Crashes")) func whatWasFoundStaysMended(_ input: Input) throws {
        try run(input)
    }

    @Test(arguments: FuzzTarget.all.map(\.name)) func aCorpusHolds(_ name: String) throws {
        let inputs = Input.all("Corpus").filter { $0.target.name == name }
        #expect(inputs.count >= 5, "a corpus to begin with")
        for input in inputs { try run(input) }
    }

    @Test(arguments: FuzzTarget.all.map(\.name)) func noByteIsAnInputToo(_ name: String) throws {
        try #require(FuzzTarget.named(name)).run(.empty)
    }

    private func run(_ input: Input) throws {
        let bytes = Array(try Data(contentsOf: input.file))
        do {
            try bytes.withBytes { (bytes) throws(BrokenPromise) in try input.target.run(bytes) }
        } catch {
            Issue.record("\(input.testDescription): \(error.promise)")
        }
    }
}
