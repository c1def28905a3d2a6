import ArgumentParser
import Tools

struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask whether the running server is ready, for probes of containers.",
        discussion: """
            Asks /readyz of the admin listener, over TCP or a Unix socket, with TLS where the listener speaks it. Prints its \
            answer, and exits with status 0 if the server is ready, 1 if it is not or does not answer.

            Examples:
              sessiongate health
              sessiongate health --admin unix:/run/sessiongate/admin.sock
            """)

    @OptionGroup var options: AdminOptions

    @Flag(help: "Ask /healthz: whether the process runs, whatever its store does.")
    var live = false

    func run() throws {
        let client = try options.client()
        do {
            let answer = try client.request("GET", live ? "/healthz" : "/readyz")
            emit(foreign: answer.text)
            guard answer.status == 200 else { throw ExitCode.failure }
        } catch let error as AdminClient.Failure {
            complain("error: \(error)")
            throw ExitCode.failure
        }
    }
}
