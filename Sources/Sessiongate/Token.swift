import ArgumentParser
import Foundation
import Tools

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Issue an OAuth 2 access token for a consumer of a demo state.",
        discussion: """
            Prints a new token, signed with the demo state's key, and adds it to the demo state's database.

            Examples:
              sessiongate token --demo demo
              sessiongate token --demo demo --as oauth2_owner_only
              sessiongate token --demo demo --as oauth2 --user Bob --lifetime 60

            --as takes the names in demo.json: oauth2 (the default), oauth2_owner_only, oauth2_client_credentials.
            """)

    @OptionGroup var demo: DemoOptions

    @Option(help: ArgumentHelp("User who granted it, instead of the credential's own.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("Seconds until it expires.", valueName: "seconds"))
    var lifetime: Int64 = 14_400

    /// As long as MediaWiki's owner-only tokens last.
    private static let longestLifetime: Int64 = 31_536_000_000

    func validate() throws {
        guard demo.demo != nil else {
            throw ValidationError("--demo DIR is needed: a directory created by `sessiongate init`")
        }
        guard (1...Self.longestLifetime).contains(lifetime) else {
            throw ValidationError("--lifetime must be from 1 to \(Self.longestLifetime) seconds (a thousand years)")
        }
    }

    func run() throws {
        guard let directory = demo.demo else { return }
        let token = try DemoCredentials(directory: directory).issueToken(
            for: demo.name ?? "oauth2", user: user, lifetime: lifetime, now: Int64(time(nil)), directory: directory)
        emitLine(token)
    }
}
