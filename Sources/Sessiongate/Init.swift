import ArgumentParser
import Foundation
import Tools

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create a demo state: configuration, database, keys and credentials.",
        discussion: """
            Creates DIR with a commented sessiongate.yaml, an oauth.sqlite in MediaWiki's table layout with users and \
            consumers of every kind, RSA keys, and demo.json with all credentials. All keys and secrets are new and random. \
            No file is overwritten: if one of them exists, the command fails and creates nothing.

            Example:
              sessiongate init demo
              sessiongate serve --config demo/sessiongate.yaml
            """)

    @Argument(help: ArgumentHelp("Directory to create the state in.", valueName: "dir"))
    var directory: String

    func run() throws {
        let state = try DemoState(creatingIn: directory, now: Int64(time(nil)))
        emit(state.summary)
    }
}
