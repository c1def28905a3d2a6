import ArgumentParser
import Bytes
import Tools

struct Invalidate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have running instances forget what they looked up.",
        discussion: """
            Asks the admin listener of one instance, which tells the others through Redis (nonces.redis). What changed in the \
            database counts at once then, and not only after cache.lifetime. Without an option everything is forgotten, which \
            has all of it read again.

            A token is read from standard input with --token -, so that no other user of the machine can see it. Prints the \
            instance's answer: how many instances have been told, or that the others will be told when Redis is back.

            Examples:
              sessiongate invalidate --user 123
              sessiongate invalidate --consumer 3760590d032bfa72caf018d33d7ef2b3
              sessiongate invalidate --token - < token
              sessiongate invalidate --admin unix:/run/sessiongate/admin.sock
            """)

    @Option(help: ArgumentHelp("Only what is about this user, by central id.", valueName: "id"))
    var user: Int64?

    @Option(help: ArgumentHelp("Only what is about this consumer.", valueName: "key"))
    var consumer: String?

    @Option(
        help: ArgumentHelp(
            "Only what is about this token: OAuth 1 token, OAuth 2 access token or its jti; - for standard input.",
            valueName: "token"))
    var token: String?

    @OptionGroup var options: AdminOptions

    func validate() throws {
        guard [user != nil, consumer != nil, token != nil].filter(\.self).count <= 1 else {
            throw ValidationError("only one of --user, --consumer and --token can be given")
        }
    }

    func run() throws {
        let client = try options.client(timeout: 10)
        let answer: AdminClient.Answer
        do {
            answer = try client.request("POST", "/cache/invalidate", body: try body.compact)
        } catch let failure as AdminClient.Failure {
            complain("error: \(failure)")
            throw ExitCode.failure
        }
        guard answer.status == 200 || answer.status == 202 else {
            complain("error: \(client.endpoint.text): status \(answer.status): \(answer.text)")
            throw ExitCode.failure
        }
        emit(foreign: answer.text)
    }

    private var body: JSON {
        get throws {
            if let user { return ["user": .integer(user)] }
            if let consumer { return ["consumer": .string(consumer)] }
            guard let token else { return [:] }
            return ["token": .string(token == "-" ? try tokenFromInput() : token)]
        }
    }

    private func tokenFromInput() throws -> String {
        var input: [UInt8] = []
        while input.count < 65_536, let chunk = standardInputChunk() { input += chunk }
        let text = String(decoding: input, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard text.count == 1 else { throw ValidationError("standard input is not one token") }
        return String(text[0])
    }
}
