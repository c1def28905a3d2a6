// `workbench state DIR`: a state as `sessiongate init` makes it, with a farm in its database.

import ArgumentParser
import Cryptography
import Foundation
import Tools

struct State: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a state with as many users and consumers as you like, for `workbench load`.",
        discussion: """
            DIR becomes what `sessiongate init` makes, with other keys and rows: N users, each of whom has accepted one \
            of M OAuth 1 consumers; the first M users have an owner-only OAuth 2 consumer each. Then:

              sessiongate serve --config DIR/sessiongate.yaml
              workbench load 127.0.0.1:9001 --users N --consumers M

            All secrets are computed from public numbers. Never put such a state in front of a wiki.
            """)

    @Argument(help: "The directory to make; nothing in it is overwritten.") var directory: String
    @Option(help: "Users.") var users = 1000
    @Option(help: "OAuth 1 consumers.") var consumers = 1000

    func validate() throws {
        guard 1...100_000_000 ~= users, 1...100_000_000 ~= consumers else {
            throw ValidationError("expected --users and --consumers from 1 to 100000000")
        }
    }

    func run() throws {
        _ = try DemoState(creatingIn: directory, now: Int64(time(nil)))
        let accessTokens = try FixedKeys.accessTokens()
        try write("oauth1-secret-key", Array("\(Farm.secretKey)\n".utf8))
        try write("session-cookie.key", try FixedKeys.cookies().pem)
        try write("access-token.key", accessTokens.pem)
        try write("access-token.pub", accessTokens.publicKey.pem)
        // Credentials of rows that are about to go.
        for name in ["demo.json", "keys/rsa-consumer.key"] { try FileManager.default.removeItem(atPath: path(name)) }
        try FarmRows(Farm(users: users, consumers: consumers), file: path("oauth.sqlite")).write()
    }

    /// Replaces a key; its mode stays as `init` made it.
    private func write(_ name: String, _ contents: [UInt8]) throws {
        try Data(contents).write(to: URL(fileURLWithPath: path("keys/\(name)")))
    }

    private func path(_ name: String) -> String { directory + "/" + name }
}
