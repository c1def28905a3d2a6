// `workbench load HOST:PORT`: distinct, validly signed requests, each answer looked at.

import ArgumentParser
import Foundation
import Bytes

struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes distinct, validly signed requests and checks each answer.",
        discussion: """
            The server must run on a state of `workbench state`, with at least as many users and just as many \
            consumers. Users take turns, and nonces never repeat. An answer that is not what its kind must get (that user, that \
            cookie) is wrong, and makes the exit status 1.

            Without --rate each free stream makes the next request at once, and latency counts from then. With --rate \
            requests have a time at which they are due, and latency counts from that: what piles up behind a slow \
            answer shows.

            Kinds for --mix:
            \(LoadKind.explanation.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

            Examples, on a server that was started with `sessiongate serve --config DIR/sessiongate.yaml`:
              workbench load 127.0.0.1:9001 --requests 100000
              workbench load 127.0.0.1:9001 --mix oauth1-cookie=5,anonymous=5 --warm --rate 2000 --duration 10
              workbench load 127.0.0.1:10000 --protocol http --rate 500 --duration 10    (through Envoy)
            """)

    enum Transport: String, CaseIterable, ExpressibleByArgument {
        case grpc, http
    }

    @Argument(help: "The server: Sessiongate's data listener, or with --protocol http a proxy in front of a wiki.")
    var server: String
    @Option(help: "grpc: Check calls over HTTP/2 in the clear; http: HTTP/1.1 requests, through a proxy.")
    var `protocol` = Transport.grpc
    @Option(help: "Kinds of requests with weights.") var mix = "oauth1-cookie=1"
    @Option(help: "Users that take turns.") var users = 100
    @Option(help: "OAuth 1 consumers in the state.") var consumers = 1000
    @Option(help: "New tokens to sign, of which each is used once; 0.7 ms each.") var tokens = 1000
    @Option(help: "Another number gives another order, and other new tokens.") var seed: UInt64 = 1
    @Option(help: "Ends after so many requests; the default is 10000.") var requests: Int?
    @Option(help: "Ends after so many seconds.") var duration: Double?
    @Option(help: "Requests a second, whatever the server does.") var rate: Double?
    @Option(help: "Connections.") var connections = 8
    @Option(help: "Requests at a time on each connection (grpc).") var streams = 32
    @Flag(
        help: "First lets every user make a request of each kind, which is not measured; then says \"warm\" on stderr.")
    var warm = false
    @Flag(help: "Looks at the status of answers only: for servers that are not Sessiongate.") var plain = false
    @Option(help: "Path for the calls (grpc), with --plain.") var path: String?
    @Option(help: "Gives up when no answer comes for so many seconds.") var patience = 30.0
    @Flag(help: "Prints the result as JSON.") var json = false

    func validate() throws {
        guard address != nil else { throw ValidationError("expected HOST:PORT, not '\(server)'") }
        do throws(Mix.Problem) { _ = try Mix(mix) } catch { throw ValidationError("--mix: \(error)") }
        for (name, value) in [
            ("users", users), ("consumers", consumers), ("tokens", tokens), ("requests", requests ?? 1),
            ("connections", connections), ("streams", streams),
        ] where !(1...1_000_000_000 ~= value) { throw ValidationError("expected --\(name) of at least 1") }
        for (name, value) in [("rate", rate), ("duration", duration), ("patience", patience)] {
            guard value.map({ $0 > 0 && $0 <= 1e7 }) ?? true else {
                throw ValidationError("expected --\(name) above 0")
            }
        }
        if requests != nil, duration != nil { throw ValidationError("expected --requests or --duration, not both") }
        if path != nil, !plain || self.protocol == .http {
            throw ValidationError("--path is for --plain with gRPC: elsewhere the path is what is signed")
        }
    }

    func run() throws {
        let report = try LoadRun.run(try plan())
        print(json ? "\(report.json)" : report.text)
        guard report.wrong > 0 else { return }
        let message = "error: \(report.wrong) wrong answers:\n  " + report.faults.joined(separator: "\n  ") + "\n"
        FileHandle.standardError.write(Data(message.utf8))
        throw ExitCode(1)
    }

    private func plan() throws -> LoadPlan {
        guard let (host, port) = address else { throw ValidationError("expected HOST:PORT") }
        let mix = try Mix(mix)
        let farm = Farm(users: users, consumers: consumers)
        let now = Int64(time(nil))
        let credentials = try SignedCredentials(for: mix.kinds, of: farm, newTokens: tokens, seed: seed, now: now)
        let isHTTP = self.protocol == .http
        return LoadPlan(
            host: host, port: port, path: path ?? "/envoy.service.auth.v3.Authorization/Check",
            form: isHTTP ? .http : .check, scope: plain ? .status : isHTTP ? .proxied : .verdict, mix: mix, farm: farm,
            credentials: credentials, seed: seed, connections: connections, streams: streams, rate: rate, end: end,
            warms: warm, patience: patience)
    }

    private var end: Pacing.End {
        duration.map(Pacing.End.seconds) ?? .requests(requests ?? 10_000)
    }

    /// Host, without brackets, and port.
    private var address: (host: String, port: Int)? {
        guard let colon = server.lastIndex(of: ":"), let port = Int(server[server.index(after: colon)...]),
            1...65_535 ~= port
        else { return nil }
        var host = server[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }
}
