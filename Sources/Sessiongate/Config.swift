import Bytes
import ArgumentParser
import Foundation
import Service

/// The option that names the configuration file.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file, such as `sessiongate init` creates.", valueName: "file"))
    var config: String

    /// Loads the configuration and prints its warnings. Exits with all problems if it is invalid.
    func load(warn: Bool = true) throws -> LoadedConfiguration {
        let loaded = try orExit { () throws(ConfigurationErrors) in
            try LoadedConfiguration(file: config, environment: ProcessInfo.processInfo.environment)
        }
        for warning in warn ? loaded.warnings : [] { complain("warning: \(warning)") }
        return loaded
    }
}

/// Runs `body`. On a configuration error, prints it and exits with EX_CONFIG of sysexits.h.
func orExit<Result>(_ body: () throws(ConfigurationErrors) -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        complain("\(error)")
        throw ExitCode(78)
    }
}

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check, show and document configurations.",
        subcommands: [CheckConfiguration.self, Show.self, Example.self, Reference.self])

    struct CheckConfiguration: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Check a configuration with its keys, secrets, outputs and database.",
            discussion: """
                Prints each problem as FILE:LINE: KEY: PROBLEM; expected …, and exits with status 78 if there is one. \
                Warnings do not change the exit status. Environment variables override the file, as for `serve`.

                Example:
                  sessiongate config check --config demo/sessiongate.yaml
                """)

        @OptionGroup var option: ConfigurationOption

        func run() throws {
            let loaded = try option.load()
            for warning in loaded.outputWarnings { complain("warning: \(warning)") }
            var problems: [ConfigurationProblem] = []
            do throws(ConfigurationErrors) { try loaded.checkOutputs() } catch { problems += error.problems }
            do throws(ConfigurationErrors) {
                let directory = try loaded.openDirectory()
                for warning in loaded.warnings(of: directory) { complain("warning: \(warning)") }
            } catch {
                problems += error.problems
            }
            for problem in problems { complain("\(problem)") }
            guard problems.isEmpty else { throw ExitCode(78) }
            emitLine("\(loaded.file): OK")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the values in force as JSON, with secrets hidden.",
            discussion: """
                The admin listener serves the same as /config.

                Example:
                  sessiongate config show --config demo/sessiongate.yaml
                """)

        @OptionGroup var option: ConfigurationOption

        func run() throws { emitLine(String(decoding: try option.load().listing.pretty, as: UTF8.self)) }
    }

    struct Example: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a configuration file with every key and its documentation.",
            discussion: "Example:\n  sessiongate config example > sessiongate.yaml")

        func run() { emit(ExampleFile.standard) }
    }

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the documentation of the configuration keys.",
            discussion: "Example:\n  sessiongate config reference cookie")

        @Argument(help: ArgumentHelp("Only keys whose name contains this.", valueName: "word"))
        var word: String?

        func run() throws {
            let text = ConfigurationReference.text(matching: word)
            guard !text.isEmpty else { throw ValidationError("no key contains \(word ?? "")") }
            emit(text)
        }
    }
}
