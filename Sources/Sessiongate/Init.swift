import ArgumentParser
import Foundation
import Tools

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a demo state: configuration, database, keys and credentials.",
        discussion: """
            Makes DIR with a commented sessiongate.yaml, an oauth.sqlite in MediaWiki's table layout with users and \
            consumers of every kind, RSA keys, and demo.json with all credentials. All keys and secrets are new random \
            ones. Nothing is ever overwritten: when one of the files exists, nothing is made.

            Example:
              sessiongate init demo
              sessiongate serve --config demo/sessiongate.yaml
            """)

    @Argument(help: ArgumentHelp("Directory to make the state in.", valueName: "dir"))
    var directory: String

    func run() throws {
        let state = try DemoState(creatingIn: directory, now: Int64(time(nil)))
        print(state.summary, terminator: "")
    }
}
