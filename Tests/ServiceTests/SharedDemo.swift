// One demo state for all tests: its RSA keys take a second to make.

import Foundation
import Service
import Tools

/// A demo state that tests read, and issue tokens in.
enum SharedDemo {
    /// Seconds since 1970 when it was made: its tokens are not valid before.
    static let now = Int64(time(nil))

    private static let directory = FileManager.default.temporaryDirectory.appending(
        path: "sessiongate-\(UUID().uuidString)"
    ).path

    private static let made = Result {
        atexit { try? FileManager.default.removeItem(atPath: SharedDemo.directory) }
        return try DemoState(creatingIn: "\(directory)/demo", now: now)
    }

    static func state() throws -> DemoState { try made.get() }

    /// The PEM text of its cookie key, empty when there is no state.
    static var cookieKey: String {
        (try? String(contentsOfFile: state().directory + "/keys/session-cookie.key", encoding: .utf8)) ?? ""
    }

    /// Its configuration.
    static func load(environment: [String: String] = [:]) throws -> LoadedConfiguration {
        try LoadedConfiguration(file: state().directory + "/sessiongate.yaml", environment: environment)
    }
}
