import ArgumentParser
import Foundation
import Tools

struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a request as an OAuth 1 client: print its Authorization header, or a curl command.",
        discussion: """
            Examples, with credentials of a demo state:
              sessiongate sign GET http://127.0.0.1:9001/v1/identity --demo demo --curl
              sessiongate sign POST http://127.0.0.1:10000/w/api.php --demo demo \\
                --data 'action=edit&title=A' --curl
              sessiongate sign GET http://127.0.0.1:9001/v1/identity --demo demo \\
                --as oauth1_rsa
            With your own:
              sessiongate sign GET https://wiki.example/w/api.php \\
                --consumer-key K --consumer-secret S --token T --token-secret U
            To send the request at once:
              eval "$(sessiongate sign GET http://127.0.0.1:9001/v1/identity \\
                --demo demo --curl)"

            --as takes the names in demo.json: oauth1 (the default), oauth1_other_user, oauth1_owner_only, oauth1_rsa, \
            refused.disabled and so on. For the name of an OAuth 2 credential the header is its access token.
            """)

    @Argument(help: "Method, such as GET.")
    var method: String

    @Argument(help: ArgumentHelp("Absolute URL, with the query that is sent.", valueName: "url"))
    var url: String

    @OptionGroup var demo: DemoOptions
    @OptionGroup var explicit: ExplicitOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Form body, percent-encoded; several are joined with &. It is signed.", valueName: "form"))
    var data: [String] = []

    @Flag(help: "Print a whole curl command.")
    var curl = false

    @Option(help: ArgumentHelp("Seconds since 1970 to sign with, instead of now.", valueName: "seconds"))
    var timestamp: Int64?

    @Option(help: ArgumentHelp("Nonce to sign with, instead of a random one.", valueName: "nonce"))
    var nonce: String?

    func run() throws {
        let form = data.isEmpty ? nil : data.joined(separator: "&")
        guard let request = ClientRequest(method: method, url: url, form: form) else {
            throw ValidationError("METHOD must be a token and URL absolute, such as GET https://wiki.example/w/api.php")
        }
        let authorization = try authorization(for: request)
        emitLine(curl ? request.curl(authorization: authorization) : "Authorization: \(authorization)")
    }

    private func authorization(for request: ClientRequest) throws -> String {
        let client: OAuth1Client
        if let directory = demo.demo {
            guard explicit.isEmpty else { throw ValidationError("--demo and explicit credentials exclude each other") }
            switch try DemoCredentials(directory: directory).credential(named: demo.name ?? "oauth1") {
            case .bearer(let token): return "Bearer \(token)"
            case .client(let found): client = found
            }
        } else {
            client = try explicit.client()
        }
        return try client.authorization(
            for: request, timestamp: timestamp ?? Int64(time(nil)), nonce: nonce ?? randomHexadecimal(bytes: 16))
    }
}
