import ArgumentParser
import Operations

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { print("sessiongate \(Version.current)") }
}
