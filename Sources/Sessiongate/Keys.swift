import ArgumentParser
import Bytes
import Cryptography
import Foundation
import Service

/// `sessiongate keys`.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change the key of the session cookie, step by step.",
        discussion: """
            A key is published before it signs, so that all who verify cookies know it by then, and stays published after it \
            has signed, until its last cookie has ended:

              sessiongate keys add --config FILE       a new key is published
              sessiongate keys promote --config FILE   it signs; the one before is retired
              sessiongate keys retire --config FILE    the one before is taken out

            promote and retire refuse before their time (keys.publish_time, cookie.lifetime). Each writes the configuration file \
            anew, with its comments. A running server has read it within three seconds, or at once on SIGHUP. When several \
            machines share the configuration, make the change on one of them and distribute the files as ever.
            """,
        subcommands: [Status.self, Add.self, Promote.self, Retire.self])

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys, with their states and the times of the next steps.")

        @OptionGroup var option: ConfigurationOption
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let keys = try option.cookieKeys().all
            emit(json ? String(decoding: JSON.array(keys.map(\.json)).pretty, as: UTF8.self) + "\n" : table(of: keys))
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a key.",
            discussion: "Makes a key in a file beside the present one, for the same user, unless FILE names one.")

        @OptionGroup var option: ConfigurationOption
        @Option(
            help: ArgumentHelp("RS256 or ES256. That of the present key by default.", valueName: "algorithm"),
            transform: { text in
                guard let algorithm = JWSAlgorithm(rawValue: text) else {
                    throw ValidationError("expected RS256 or ES256")
                }
                return algorithm
            })
        var algorithm: JWSAlgorithm?
        @Argument(help: ArgumentHelp("File of a private key, as the configuration is to name it.", valueName: "file"))
        var file: String?

        func run() throws {
            let file = try orComplain {
                try option.cookieKeys().add(self.file, algorithm: algorithm, at: Int64(time(nil)))
            }
            emitLine("\(file): published")
            emit(table(of: try option.cookieKeys().all))
        }
    }

    struct Promote: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a published key sign, and retire the one that signs.")

        @OptionGroup var option: ConfigurationOption
        @OptionGroup var change: Change

        func run() throws {
            try orComplain {
                try option.cookieKeys().promote(change.key, isForced: change.force, at: Int64(time(nil)))
            }
            emit(table(of: try option.cookieKeys().all))
        }
    }

    struct Retire: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a retired key out, or a published one that is not to sign. Its file stays.")

        @OptionGroup var option: ConfigurationOption
        @OptionGroup var change: Change

        func run() throws {
            let file = try orComplain {
                try option.cookieKeys().retire(change.key, isForced: change.force, at: Int64(time(nil)))
            }
            emitLine("\(file): no longer used")
            emit(table(of: try option.cookieKeys().all))
        }
    }

    /// What `promote` and `retire` are told.
    struct Change: ParsableArguments {
        @Argument(help: ArgumentHelp("Its kid or file; not needed when there is only one.", valueName: "key"))
        var key: String?
        @Flag(help: "Do it before its time: cookies may be refused.") var force = false
    }
}

extension ConfigurationOption {
    fileprivate func cookieKeys() throws -> CookieKeys {
        try orExit { () throws(ConfigurationErrors) in
            try CookieKeys(configuration: config, environment: ProcessInfo.processInfo.environment)
        }
    }
}

/// Runs `body`; why keys were not changed is printed.
private func orComplain<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error where !(error is ExitCode) {
        complain("Error: \(error)")
        throw ExitCode.failure
    }
}

private func text(_ time: Int64?) -> String { time.map { CivilTime(seconds: $0).rfc3339Text } ?? "unknown" }

/// The keys, a line each, in columns.
private func table(of keys: [CookieKey]) -> String {
    let rows =
        [["STATE", "KEY ID", "ALG", "SINCE", "NEXT STEP", "FILE"]]
        + keys.map { key in
            let step =
                switch key.state {
                case .published: "promote from \(text(key.due))"
                case .signing: "-"
                case .retired: "retire from \(text(key.due))"
                }
            return [key.state.rawValue, key.keyID, key.algorithm, text(key.since), step, printable(key.file)]
        }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        let cells = zip(row, widths).dropLast().map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        return (cells + [row[row.count - 1]]).joined(separator: "  ") + "\n"
    }.joined()
}

extension CookieKey {
    fileprivate var json: JSON {
        func time(_ seconds: Int64?) -> JSON { seconds.map { .string(text($0)) } ?? .null }
        return [
            "state": .string(state.rawValue), "kid": .string(keyID), "alg": .string(algorithm), "since": time(since),
            "due": time(due), "file": .string(file),
        ]
    }
}
