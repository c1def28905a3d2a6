import ArgumentParser
import Foundation
import Service
import Tools

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer CheckRequests from standard input, without a server.",
        discussion: """
            Reads CheckRequests in proto3 JSON: one a line, or a single one over several lines. Writes one CheckResponse a \
            line, in the same order, as one running server would: a nonce that one request used is used for the next. If a \
            line can't be answered, standard error names it, the other lines are answered, and the exit status is 2.

            Examples:
              echo '{"attributes": {"request": {"http": {"method": "GET",
                "path": "/w/api.php", "host": "wiki.example"}}}}' |
                sessiongate check --config demo/sessiongate.yaml
            A day that was recorded, at the times of its requests:
              sessiongate check --config demo/sessiongate.yaml --clock request \\
                < recorded.jsonl
            """)

    @OptionGroup var option: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            """
            The time of the checks: request (each request's own attributes.request.time, so that recordings can be \
            answered later), now, or seconds since 1970.
            """, valueName: "request|now|epoch"))
    var clock: Clock = Clock(value: .now)

    struct Clock: ExpressibleByArgument {
        let value: Replay.Clock
        var defaultValueDescription: String { "now" }

        init(value: Replay.Clock) { self.value = value }

        init?(argument: String) {
            switch argument {
            case "request": value = .request
            case "now": value = .now
            default:
                guard let seconds = Int64(argument), (0...253_402_300_799).contains(seconds) else { return nil }
                value = .fixed(seconds)
            }
        }
    }

    func run() throws {
        let loaded = try option.load()
        let replay = try orExit { () throws(ConfigurationErrors) in
            try Replay(loaded, clock: clock.value)
        }
        let isClean = replay.run(
            input: { standardInputChunk() }, output: { emit(bytes: $0) },
            complain: { line, error in complain("line \(line): \(error)") })
        guard isClean else { throw ExitCode(2) }
    }
}
