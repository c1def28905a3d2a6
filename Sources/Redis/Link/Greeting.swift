// What is said first on a new connection, all in one write, and what the answers must be: who we are, what runs there, and whether it
// does what the link is for.

import Cryptography

/// The first commands on a connection, and a reading of their answers.
struct Greeting {
    /// What a link is for.
    enum Purpose: Sendable {
        /// Claims under keys that begin with this. One is made and forgotten in a second: it shows that claims work.
        case claims(prefix: String)
        /// Messages of this channel.
        case messages(channel: String)
    }

    private enum Step {
        case password, server, database, name
        /// The command that shows that the link does what it is for.
        case proof
    }

    /// The commands, in order.
    let commands: [RedisCommand]
    private let steps: [Step]
    private var next = 0

    /// The greeting of a connection for this purpose.
    init(_ settings: RedisSettings, _ purpose: Purpose) {
        var said: [(Step, RedisCommand)] = []
        if let password = settings.password {
            let user = settings.url?.user.map { [Array($0.utf8)] } ?? []
            said.append((.password, RedisCommand(words: [Array("AUTH".utf8)] + user + [password])))
        }
        said.append((.server, RedisCommand("HELLO")))
        if let database = settings.url?.database, database != 0 {
            said.append((.database, RedisCommand("SELECT", "\(database)")))
        }
        said.append((.name, RedisCommand("CLIENT", "SETNAME", "sessiongate")))
        switch purpose {
        case .claims(let prefix):
            let random = SecureRandom.bytes(8).map { String($0, radix: 16) }.joined()
            said.append((.proof, RedisCommand("SET", "\(prefix):probe:\(random)", "-", "NX", "GET", "PX", "1000")))
        case .messages(let channel): said.append((.proof, RedisCommand("SUBSCRIBE", channel)))
        }
        steps = said.map(\.0)
        commands = said.map(\.1)
    }

    /// What came of an answer.
    enum OnReply: Equatable {
        /// More are to come.
        case goOn
        /// The link can be used.
        case done
        /// It can't be used, for this reason.
        case failed(String)
    }

    /// Takes the next answer.
    mutating func take(_ reply: RedisReply) -> OnReply {
        let step = steps[next]
        next += 1
        if let problem = Self.problem(of: reply, to: step) { return .failed(problem) }
        return next == steps.count ? .done : .goOn
    }

    private static func problem(of reply: RedisReply, to step: Step) -> String? {
        switch step {
        case .password: reply.error.map { "the password is not accepted: \($0)" }
        case .server: reply.error.map { problem(ofHello: $0) } ?? problem(of: RedisServer(reply))
        case .database: reply.error
        // A name for people who look at Redis's list of clients; not all may give one.
        case .name: nil
        // It is there, and full: claims are answered, by refusing them.
        case .proof: reply.error.flatMap { $0.hasPrefix("OOM") ? nil : $0 }
        }
    }

    /// A proxy before Redis may not know the command; then the proof tells.
    private static func problem(ofHello error: String) -> String? {
        error.hasPrefix("NOAUTH") || error.hasPrefix("LOADING") || error.hasPrefix("MASTERDOWN") ? error : nil
    }

    private static func problem(of server: RedisServer) -> String? {
        if let major = server.major, major < 7 {
            return "it is version \(server.version ?? ""); 7.0 or newer is needed"
        }
        switch (server.mode, server.role) {
        case ("cluster", _): return "it is a node of a Redis Cluster, which needs a proxy in front (deploy/redis.md)"
        case ("sentinel", _): return "it is a Sentinel; its URL begins with redis+sentinel://"
        case (_, "replica"): return "it is a replica, which takes no claims"
        default: return nil
        }
    }
}

/// What `HELLO` says about the server: names and values in turn.
private struct RedisServer {
    private var facts: [String: String] = [:]

    init(_ reply: RedisReply) {
        let words = reply.list ?? []
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            if let name = words[index].string, let value = words[index + 1].string { facts[name] = value }
        }
    }

    var version: String? { facts["version"] }
    var major: Int? { version?.split(separator: ".").first.flatMap { Int($0) } }
    var mode: String? { facts["mode"] }
    var role: String? { facts["role"] }
}
