import ArgumentParser
import Foundation
import Service

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer Envoy's checks.",
        discussion: """
            Listens where the configuration says (127.0.0.1:9001 for checks, 127.0.0.1:9002 for operators) until SIGTERM or \
            SIGINT; requests under way are then answered, and a second signal ends the process at once. The log goes to \
            standard error. When it is ready it prints one line with the addresses. With a configuration that is not right \
            it says everything that is wrong and exits with status 78.

            Example:
              sessiongate init demo
              sessiongate serve --config demo/sessiongate.yaml
            """)

    @OptionGroup var option: ConfigurationOption

    func run() async throws {
        let loaded = try option.load(warn: false)
        let serving = try orExit { () throws(ConfigurationErrors) in try Serving(loaded) }
        try await serving.run { line in
            print(line)
            fflush(nil)
        }
    }
}
