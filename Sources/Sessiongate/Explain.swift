import ArgumentParser
import Foundation
import Service
import Tools

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain, for a person, how CheckRequests are decided.",
        discussion: """
            Reads what `check` reads, and writes for each request which credential was found and where, the parameters by \
            source, the base string, each check with its result, user, consumer and acceptance, the session cookie and its \
            numbers, and what the edge gets. The check that failed stands out. Secrets are not shown, signatures and tokens \
            are shortened. Colours on a terminal only.

            Example:
              sessiongate explain --config demo/sessiongate.yaml < proto-json/oauth1-bad-signature.request.json
            """)

    @OptionGroup var option: ConfigurationOption

    @Option(help: ArgumentHelp("What \"now\" is, as for `check`.", valueName: "request|now|epoch"))
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
                print(isFirst ? "" : "\n────────\n", terminator: "")
                print(explanation.text(isColoured: isColoured), terminator: "")
                isFirst = false
            },
            complain: { line, error in complain("line \(line): \(error)") })
        guard isClean else { throw ExitCode(2) }
    }
}
