import ArgumentParser
import Provenance

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version, the commit and its day.")

    func run() { emitLine(Version.text) }
}
