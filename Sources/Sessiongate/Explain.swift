import ArgumentParser
import Foundation
import Service
import Tools

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain step by step how CheckRequests are decided.",
        discussion: """
            Reads the same input as `check`. Prints for each request: the credential and where it was found, the signed \
            parameters by source, the signature base string, each check with its result, the user, consumer and acceptance, \
            the session cookie and its times, and what the edge gets. A check that failed is marked FAILED. Secrets are not \
            shown, signatures and tokens are shortened.

            Example:
              echo '{"attributes": {"request": {"http": {"method": "GET",
                "path": "/w/api.php", "host": "wiki.example",
                "headers": {"authorization": "OAuth junk"}}}}}' |
                sessiongate explain --config demo/sessiongate.yaml
            """)

    @OptionGroup var option: ConfigurationOption

    @Option(help: ArgumentHelp("The time of the checks, as for `check`.", valueName: "request|now|epoch"))
    var clock: Check.Clock = Check.Clock(value: .now)

    func run() throws {
        let loaded = try option.load()
        let replay = try orExit { () throws(ConfigurationErrors) in
            try Replay(loaded, clock: clock.value)
        }
        let isColoured = isatty(STDOUT_FILENO) == 1
        var isFirst = true
        let isClean = replay.runExplaining(
            input: { standardInputChunk() },
            output: { explanation in
                emit(isFirst ? "" : "\n────────\n")
                emit(explanation.text(isColoured: isColoured))
                isFirst = false
            },
            complain: { line, error in complain("line \(line): \(error)") })
        guard isClean else { throw ExitCode(2) }
    }
}
