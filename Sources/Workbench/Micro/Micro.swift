// `workbench micro STAGE COUNT`: runs one stage of the check COUNT times, for a profiler to count what it costs.
//
// Everything that is prepared is prepared for the largest count, so that the difference between two runs is the stage alone.

import ArgumentParser
import Authorization
import Cryptography
import Wire

struct Micro: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one stage of the check again and again, for a profiler.",
        discussion:
            "Instructions a call: run under callgrind with two counts and divide the difference. See `make bench-gates`."
    )

    enum Stage: String, CaseIterable, ExpressibleByArgument {
        case decode, anonymous, oauth1, oauth1Set, ownerOnly, cookie, encode
    }

    @Argument(help: "The stage: \(Stage.allCases.map(\.rawValue).joined(separator: ", ")).") var stage: Stage
    @Argument(help: "How often.") var count: Int
    @Option(help: "How many requests are prepared.") var prepared = 2000

    func run() throws {
        guard count <= prepared else { throw ValidationError("at most \(prepared), or raise --prepared") }
        let bench = try MicroBench()
        let messages = try bench.messages(stage, prepared)
        try bench.warm(messages[0])
        var bytes = 0
        for message in messages[..<count] { bytes += try bench.run(stage, message) }
        print("\(stage.rawValue) \(count) \(bytes)")
    }
}

/// One authorizer with warm caches.
private final class MicroBench {
    private let now = Timestamp(seconds: 1_772_366_400)
    private let gate: Gate
    private let authorizer: Authorizer
    private let cookieKey: RSAPrivateKey
    private let accessTokenKey: RSAPrivateKey
    private var response: [UInt8] = []

    init() throws {
        cookieKey = try RSAPrivateKey.generate()
        accessTokenKey = try RSAPrivateKey.generate()
        var settings = Settings()
        settings.wikis.fallback = Wiki(id: "wiki", server: .fixed(scheme: nil, host: "en.wiki.test", port: nil))
        settings.cookie.issuer = "https://en.wiki.test"
        gate = Gate(
            settings: settings,
            keys: KeyRing(accessTokenKeys: [accessTokenKey.publicKey], signer: cookieKey, alsoPublished: []))
        authorizer = Authorizer(gate: gate)
        response.reserveCapacity(8192)
    }

    func messages(_ stage: Micro.Stage, _ count: Int) throws -> [[UInt8]] {
        let key = DemoRequests.signingKey
        let fresh = DemoRequests.jwt(
            #"{"iss":"https://en.wiki.test","sxp":\#(now.seconds + 14_400),"jti":"AAAAAAAAAAAAAAAAAAAAAA==","sub":"mw:local:wiki:7","#
                + #""iat":\#(now.seconds)}"#, cookieKey)
        let bearer = DemoRequests.bearer(user: 7, id: 1, key: accessTokenKey)
        return (0..<count).map { number in
            var builder: CheckRequestBuilder
            switch stage {
            case .decode, .anonymous, .encode: builder = DemoRequests.anonymous(id: number)
            case .oauth1:
                builder = DemoRequests.oauth1(user: 7, consumer: 1, nonce: number, at: now, key: key)
                builder.addHeader("cookie", "sessionJwt=\(fresh)")
            case .oauth1Set: builder = DemoRequests.oauth1(user: 7, consumer: 1, nonce: number, at: now, key: key)
            case .ownerOnly: builder = bearer
            case .cookie:
                builder = DemoRequests.anonymous(id: number)
                builder.addHeader("cookie", "sessionJwt=\(fresh)")
            }
            return builder.encode()
        }
    }

    /// Checks `message` until it is answered, under a nonce's retry.
    func warm(_ message: [UInt8]) throws {
        let loader = Loader(gate: gate, directory: DemoRows())
        for _ in 0..<Authorizer.mostRounds {
            response.removeAll(keepingCapacity: true)
            let step = try message.withBytes {
                authorizer.check(try CheckRequest(protobuf: $0), at: now, into: &response)
            }
            guard case .needs(let lookup) = step else { return }
            try loader.load(lookup, at: now)
        }
    }

    func run(_ stage: Micro.Stage, _ message: [UInt8]) throws -> Int {
        response.removeAll(keepingCapacity: true)
        return try message.withBytes { bytes in
            let request = try CheckRequest(protobuf: bytes)
            if stage == .decode { return request.path.count }
            guard case .answered(let verdict) = authorizer.check(request, at: now, into: &response) else {
                throw ValidationError("not answered from memory")
            }
            if verdict.outcome == .refused { throw ValidationError("refused: \(verdict.reason?.rawValue ?? "?")") }
            return response.count
        }
    }
}
