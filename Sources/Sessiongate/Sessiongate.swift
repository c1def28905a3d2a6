// The command line. What the commands do is in Operations; here are their words.

import ArgumentParser

@main
struct Sessiongate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessiongate",
        abstract: "Verifies OAuth credentials for Envoy and hands out session cookies.",
        discussion: """
            To see it work: `sessiongate init demo`, then `sessiongate serve --config demo/sessiongate.yaml`.
            """,
        subcommands: [
            Serve.self, Init.self, Sign.self, Token.self, Check.self, Explain.self, Config.self, PrintVersion.self,
        ])
}
