// The command line: names, options and help of the commands. What they do is in the targets Service and Tools.

import ArgumentParser
import Provenance
import Service

@main
struct Sessiongate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessiongate",
        abstract: "Tells Envoy whose request it is: verifies OAuth credentials and sets session cookies.",
        discussion: """
            To try it:
              sessiongate init demo
              sessiongate serve --config demo/sessiongate.yaml
            and in another terminal:
              eval "$(sessiongate sign GET http://127.0.0.1:9001/v1/identity \\
                --demo demo --curl)"
            """,
        version: Version.text,
        subcommands: [
            Serve.self, Init.self, Sign.self, Token.self, Check.self, Explain.self, Reasons.self, Forecast.self,
            Config.self, Keys.self, Invalidate.self, Top.self, Health.self, PrintVersion.self,
        ])

    static func main() async {
        OpenFiles.fillStandardDescriptors()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch  where exitCode(for: error).isSuccess {
            // Help and version: printed here, for the library does not look whether it could be written.
            emitLine(fullMessage(for: error))
        } catch {
            exit(withError: error)
        }
    }
}
