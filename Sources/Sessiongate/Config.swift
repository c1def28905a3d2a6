import Bytes
import ArgumentParser
import Foundation
import Service

/// Which configuration a command works with.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file; `sessiongate init DIR` makes one.", valueName: "file"))
    var config: String

    /// The configuration, or an exit with everything that is wrong with it.
    func load(warn: Bool = true) throws -> LoadedConfiguration {
        let loaded = try orExit { () throws(ConfigurationErrors) in
            try LoadedConfiguration(file: config, environment: ProcessInfo.processInfo.environment)
        }
        for warning in warn ? loaded.warnings : [] { complain("warning: \(warning)") }
        return loaded
    }
}

/// Exits with EX_CONFIG of sysexits.h when the configuration is what is wrong.
func orExit<Result>(_ body: () throws(ConfigurationErrors) -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        complain("\(error)")
        throw ExitCode(78)
    }
}

/// Writes lines to standard error. What they quote of others' texts must not act on the terminal.
func complain(_ lines: String) {
    let shown = lines.split(separator: "\n").map { printable(String($0)) + "\n" }.joined()
    FileHandle.standardError.write(Data(shown.utf8))
}

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check and explain configurations.",
        subcommands: [CheckConfiguration.self, Show.self, Example.self, Reference.self])

    struct CheckConfiguration: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Check a configuration, its keys, its secrets and its database.",
            discussion: """
                Prints every problem as FILE:LINE: KEY: PROBLEM; expected …, and exits with status 78 when there is one. \
                Environment variables override the file, as for serve.
                """)

        @OptionGroup var option: ConfigurationOption

        func run() throws {
            let loaded = try option.load()
            _ = try orExit { () throws(ConfigurationErrors) in try loaded.openDirectory() }
            print("\(loaded.file): OK")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all values in force as JSON, secrets hidden.",
            discussion: "The admin listener shows the same under /config.")

        @OptionGroup var option: ConfigurationOption

        func run() throws { print(String(decoding: try option.load().listing.pretty, as: UTF8.self)) }
    }

    struct Example: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a configuration file with every key, explained.",
            discussion: "Example:\n  sessiongate config example > sessiongate.yaml")

        func run() { print(ExampleFile.standard, terminator: "") }
    }

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Explain the keys of the configuration.",
            discussion: "Example:\n  sessiongate config reference cookie")

        @Argument(help: ArgumentHelp("Only keys whose path contains this.", valueName: "word"))
        var word: String?

        func run() throws {
            let text = ConfigurationReference.text(matching: word)
            guard !text.isEmpty else { throw ValidationError("no key contains \(word ?? "")") }
            print(text, terminator: "")
        }
    }
}
