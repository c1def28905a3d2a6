// Options that choose the credentials of `sign` and `token`: a demo state's by name, or explicit ones.

import ArgumentParser
import Foundation
import Tools

/// Credentials of a demo state.
struct DemoOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("A directory created by `sessiongate init`.", valueName: "dir"))
    var demo: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Which credential of its demo.json to use.", valueName: "name"))
    var name: String?
}

/// Credentials given one by one.
struct ExplicitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Consumer key.", valueName: "key"))
    var consumerKey: String?

    @Option(help: ArgumentHelp("Consumer secret, as MediaWiki showed it.", valueName: "secret"))
    var consumerSecret: String?

    @Option(help: ArgumentHelp("Access token.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("Access token's secret.", valueName: "secret"))
    var tokenSecret: String?

    @Option(help: ArgumentHelp("PEM file with the consumer's private key: sign RSA-SHA1 instead.", valueName: "file"))
    var rsaKey: String?

    var isEmpty: Bool { [consumerKey, consumerSecret, token, tokenSecret, rsaKey].allSatisfy { $0 == nil } }

    func client() throws -> OAuth1Client {
        guard let consumerKey, let token else {
            throw ValidationError("--consumer-key and --token are needed, or --demo DIR")
        }
        if let rsaKey {
            return OAuth1Client(
                consumerKey: consumerKey, token: token, signing: .key(try Tools.consumerKey(inFile: rsaKey)))
        }
        guard let consumerSecret, let tokenSecret else {
            throw ValidationError("--consumer-secret and --token-secret are needed, or --rsa-key FILE")
        }
        return OAuth1Client(
            consumerKey: consumerKey, token: token, signing: .secrets(consumer: consumerSecret, token: tokenSecret))
    }
}
