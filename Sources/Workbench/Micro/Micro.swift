// `workbench micro STAGE COUNT`: runs one stage of the check COUNT times, for a profiler to count what it costs.
//
// Everything that is prepared is prepared for the largest count, so that the difference between two runs is the stage alone.

import ArgumentParser
import Sessions
import Cryptography
import Bytes
import EnvoyProtocol
import Forecast

struct Micro: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one stage of the check again and again, for a profiler.",
        discussion:
            "Instructions and allocations a call: run under callgrind with two counts and divide the difference. `make gates` does."
    )

    @Argument(help: "The stage: \(Stage.allCases.map(\.rawValue).joined(separator: ", ")).") var stage: Stage
    @Argument(help: "How often.") var count: Int
    @Option(help: "How many requests are prepared.") var prepared = 1024

    func run() throws {
        guard count <= prepared else { throw ValidationError("at most \(prepared), or raise --prepared") }
        let bench = try MicroBench(countsForecast: stage.countsForecast)
        let bytes = try stage.run(bench, count: count, prepared: prepared)
        print("\(stage.rawValue) \(count) \(bytes)")
    }
}

/// A part of a request's way that is measured by itself; those that begin with `call` are the whole way between two sockets.
enum Stage: String, CaseIterable, ExpressibleByArgument {
    case decode, headerFind, baseString, hmac, nonce, tokenCache, mintCache, encode
    case anonymous, oauth1, oauth1SetCookie, ownerOnly, unseenToken, cookie
    case callAnonymous, callOAuth1, callOAuth1SetCookie, callOwnerOnly, callCookie, callOAuth1Alone
    case callAnonymousForecast, callOAuth1Forecast, forecastCount

    /// Whether requests are counted against the policies of a forecast.
    var countsForecast: Bool { self == .callAnonymousForecast || self == .callOAuth1Forecast }

    /// The requests that the stage works on.
    private var kind: RequestKind {
        switch self {
        case .decode, .headerFind, .hmac, .nonce, .anonymous, .callAnonymous, .callAnonymousForecast: .anonymous
        case .baseString, .oauth1, .callOAuth1, .callOAuth1Alone, .callOAuth1Forecast: .oauth1WithCookie
        case .oauth1SetCookie, .callOAuth1SetCookie, .mintCache, .encode: .oauth1
        case .ownerOnly, .callOwnerOnly, .tokenCache, .forecastCount: .ownerOnly
        case .unseenToken: .unseenToken
        case .cookie, .callCookie: .cookie
        }
    }

    /// Runs the stage `count` times. Returns a number that depends on all its results.
    func run(_ bench: MicroBench, count: Int, prepared: Int) throws -> Int {
        let messages = bench.messages(kind, prepared)
        try bench.warm(messages[0])
        switch self {
        case .decode:
            return try messages[..<count].reduce(0) { sum, message in
                try message.withBytes { sum + (try CheckRequest(protobuf: $0)).request.target.count }
            }
        case .headerFind:
            return try messages[..<count].reduce(0) { sum, message in
                try message.withBytes { bytes in
                    sum + ((try CheckRequest(protobuf: bytes)).header(Bytes("x-client-ip"))?.count ?? 0)
                }
            }
        case .encode: return try bench.encode(messages[0], count)
        case .baseString: return try messages[..<count].reduce(0) { try $0 + bench.baseString($1) }
        case .hmac: return hmac(bench, count)
        case .nonce: return nonces(bench, count, prepared: prepared)
        case .forecastCount: return forecasts(bench.now.seconds, count, prepared: prepared)
        case .tokenCache, .mintCache: return lookups(bench, count)
        case .anonymous, .oauth1, .oauth1SetCookie, .ownerOnly, .unseenToken, .cookie:
            return try messages[..<count].reduce(0) { try $0 + bench.check($1, expecting: kind.outcome) }
        case .callAnonymous, .callOAuth1, .callOAuth1SetCookie, .callOwnerOnly, .callCookie, .callOAuth1Alone,
            .callAnonymousForecast, .callOAuth1Forecast:
            return try calls(bench, messages, count)
        }
    }

    /// Signatures of a base string of the usual length.
    private func hmac(_ bench: MicroBench, _ count: Int) -> Int {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 400)
        return withUnsafeTemporaryAllocation(byteCount: HMACSHA1Key.size, alignment: 8) { code in
            (0..<count).reduce(0) { sum, _ in
                text.withBytes { bench.hmacKey.authenticate($0, into: code) }
                return sum + Int(code[0])
            }
        }
    }

    /// Claims of fresh nonces.
    private func nonces(_ bench: MicroBench, _ count: Int, prepared: Int) -> Int {
        let texts = (0..<prepared).map { Array("3f9a1c05b7e24d68\($0)".utf8) }
        // A check has this key already: the rows are found by it.
        let client = CacheKey(Bytes("0123456789abcdef"), Bytes("fedcba9876543210"))
        return texts[..<count].reduce(0) { sum, text in
            let claim = text.withBytes {
                NonceClaim(of: client, nonce: $0, requestID: .empty, expires: bench.now.seconds + 300)
            }
            let answer = bench.memory.nonces.claim(claim, now: bench.now.seconds)
            return sum + (answer == .fresh ? 1 : 0)
        }
    }

    /// Requests that the forecast's thread counts against two policies, of keys that have been seen.
    private func forecasts(_ second: Int64, _ count: Int, prepared: Int) -> Int {
        let policies = [
            ForecastPolicy(name: "strict", limits: ["authed-user": [.second: 5, .minute: 200], "*": [.minute: 100]]),
            ForecastPolicy(name: "mild", limits: ["*": [.hour: 10_000]]),
        ]
        let engine = ForecastEngine(policies, mode: .live, start: second, seed: 1)
        let keys = (0..<prepared).map { Array("jwt-sub:mw:local:wiki:\($0)".utf8) }
        let (name, consumer) = (Bytes("authed-user"), Bytes("0123456789abcdef0123456789abcdef"))
        func observe(_ key: [UInt8]) {
            key.withBytes {
                engine.count(Observation(key: $0, className: name, consumer: consumer, cookie: .keep, second: second))
            }
        }
        for key in keys { observe(key) }
        for key in keys[..<count] { observe(key) }
        return Int(engine.observed)
    }

    /// Finds of a remembered value: by the digest of a token of the usual length, or by a key that is at hand.
    private func lookups(_ bench: MicroBench, _ count: Int) -> Int {
        let cache = Cache<Int>(capacity: 1000)
        let token = [UInt8](repeating: UInt8(ascii: "e"), count: 700)
        let key = token.withBytes { CacheKey(token: $0) }
        cache.insert(1, under: key, at: bench.now, lifetime: 1000)
        return (0..<count).reduce(0) { sum, _ in
            let asked = self == .mintCache ? key : token.withBytes { CacheKey(token: $0) }
            return sum + (cache.value(asked, at: bench.now) ?? 0)
        }
    }

    private func calls(_ bench: MicroBench, _ messages: [[UInt8]], _ count: Int) throws -> Int {
        let batch = self == .callOAuth1Alone ? 1 : 32
        let batches = bench.frames(messages, batch: batch)
        var bytes = try bench.serve(ClientFrames.preface)
        // The first batch spells its header fields out and fills what is reused: what follows is the steady state.
        for frames in batches[..<max(1, count / batch)] { bytes += try bench.serve(frames) }
        let answered = bench.answered
        let expected = kind.outcome == .anonymous ? answered.anonymous : answered.authenticated
        guard expected == max(1, count / batch) * batch else { throw ValidationError("\(answered) of \(count)") }
        return bytes
    }
}
