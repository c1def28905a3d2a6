import ArgumentParser
import Foundation
import Tools

struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Show what the running server does: rates by outcome, faults, latency, refusals by reason and consumer.",
        discussion: """
            Asks the admin listener every few seconds; Ctrl-C ends it. When standard output is not a terminal, it prints one \
            screen and ends.

            Examples:
              sessiongate top
              sessiongate top --config /etc/sessiongate/sessiongate.yaml --interval 5
              sessiongate top --admin https://gate.example:9002 --ca ca.pem
            """)

    @OptionGroup var options: AdminOptions

    @Option(help: ArgumentHelp("Seconds between two looks.", valueName: "seconds"))
    var interval: Double = 2

    @Flag(help: "Print one screen and end.")
    var once = false

    func validate() throws {
        guard (0.1...3600).contains(interval) else { throw ValidationError("--interval: expected 0.1 to 3600") }
    }

    func run() throws {
        let client = try options.client()
        let isLive = !once && isatty(STDOUT_FILENO) == 1
        do throws(AdminClient.Failure) {
            var last = try Look(client)
            repeat {
                usleep(UInt32(interval * 1_000_000))
                let now = try Look(client)
                let screen = TopScreen(
                    (last.metrics, now.metrics), refusals: (last.refusals, now.refusals),
                    seconds: now.moment - last.moment, address: client.endpoint.text)
                // Home, then each line to its end, then the rest of the screen.
                emit(isLive ? "\u{1b}[H" + screen.lines.map { $0 + "\u{1b}[K\n" }.joined() + "\u{1b}[J" : screen.text)
                last = now
            } while isLive
        } catch {
            complain("error: \(error)")
            throw ExitCode.failure
        }
    }

    /// What the pages showed, and when.
    private struct Look {
        let metrics: String
        let refusals: [UInt8]
        let moment: Double

        init(_ client: AdminClient) throws(AdminClient.Failure) {
            metrics = String(decoding: try client.get("/metrics"), as: UTF8.self)
            refusals = try client.get("/v1/refusals")
            moment = ProcessInfo.processInfo.systemUptime
        }
    }
}

extension TopScreen {
    fileprivate var text: String { lines.map { $0 + "\n" }.joined() }
}
