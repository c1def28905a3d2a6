// Where the tests' files lie: found by this file's own place, so that tests run from any folder.

import Foundation

/// Files and folders of the repository.
package enum TestFiles {
    /// The repository's folder.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// `Tests/Fixtures`
    package static let fixtures = root.appending(path: "Tests/Fixtures")

    /// The bytes of a file below `Tests/Fixtures`; a missing one ends the process, since no test can do without.
    package static func fixture(_ path: String) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: fixtures.appending(path: path)))
        } catch {
            fatalError("Tests/Fixtures/\(path): \(error)")
        }
    }
}
