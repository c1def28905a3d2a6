// `workbench micro STAGE COUNT`: runs one stage of the check COUNT times inside a function that a profiler can tell from all else.
//
// What is prepared, and the first calls that fill caches and buffers, come before it.

import ArgumentParser
import Sessions
import Cryptography
import Bytes
import EnvoyProtocol
import Forecast
import Synchronization

struct Micro: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one stage of the check again and again, for a profiler.",
        discussion:
            "Instructions and allocations a call: what callgrind counts between two marks. `make gates` does."
    )

    /// How often the stage runs before it is measured.
    private static let warming = 256

    @Argument(help: "The stage: \(Stage.allCases.map(\.rawValue).joined(separator: ", ")).") var stage: Stage
    @Argument(help: "How often, beside the calls that come before and are not measured.") var count: Int

    func run() throws {
        let first = stage.isCostly ? 16 : Self.warming
        let bench = try MicroBench(countsForecast: stage.countsForecast)
        let work = try stage.work(bench, first + count)
        _ = try work(0..<first)
        measurementBegins()
        let bytes = try work(first..<first + count)
        measurementEnds()
        print("\(stage.rawValue) \(count) \(bytes)")
    }
}

/// What the two functions do, so that they are called.
private let mark = Atomic(0)

/// A profiler counts from the call of this function on: it knows it by its name.
@inline(never)
private func measurementBegins() { mark.store(1, ordering: .relaxed) }

/// A profiler counts until the call of this function.
@inline(never)
private func measurementEnds() { mark.store(2, ordering: .relaxed) }

/// Runs the stage for these of the prepared requests. Returns a number that depends on all its results.
typealias Work = (Range<Int>) throws -> Int

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

    /// Whether one call verifies an RSA signature.
    var isCostly: Bool { self == .unseenToken }

    /// Prepares `total` requests and returns what works on them.
    func work(_ bench: MicroBench, _ total: Int) throws -> Work {
        let messages = bench.messages(kind, total)
        try bench.warm(messages[0])
        switch self {
        case .decode:
            return { range in
                try messages[range].reduce(0) { sum, message in
                    try message.withBytes { sum + (try CheckRequest(protobuf: $0)).request.target.count }
                }
            }
        case .headerFind:
            return { range in
                try messages[range].reduce(0) { sum, message in
                    try message.withBytes { bytes in
                        sum + ((try CheckRequest(protobuf: bytes)).header(Bytes("x-client-ip"))?.count ?? 0)
                    }
                }
            }
        case .encode: return { try bench.encode(messages[0], $0.count) }
        case .baseString: return { try messages[$0].reduce(0) { try $0 + bench.baseString($1) } }
        case .hmac: return hmac(bench)
        case .nonce: return nonces(bench, total)
        case .forecastCount: return forecasts(bench.now.seconds, total)
        case .tokenCache, .mintCache: return lookups(bench)
        case .anonymous, .oauth1, .oauth1SetCookie, .ownerOnly, .unseenToken, .cookie:
            return { try messages[$0].reduce(0) { try $0 + bench.check($1, expecting: kind.outcome) } }
        case .callAnonymous, .callOAuth1, .callOAuth1SetCookie, .callOwnerOnly, .callCookie, .callOAuth1Alone,
            .callAnonymousForecast, .callOAuth1Forecast:
            return try calls(bench, messages)
        }
    }

    /// Signatures of a base string of the usual length.
    private func hmac(_ bench: MicroBench) -> Work {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 400)
        return { range in
            withUnsafeTemporaryAllocation(byteCount: HMACSHA1Key.size, alignment: 8) { code in
                range.reduce(0) { sum, _ in
                    text.withBytes { bench.hmacKey.authenticate($0, into: code) }
                    return sum + Int(code[0])
                }
            }
        }
    }

    /// Claims of fresh nonces.
    private func nonces(_ bench: MicroBench, _ total: Int) -> Work {
        let texts = (0..<total).map { Array("3f9a1c05b7e24d68\($0)".utf8) }
        // A check has this key already: the rows are found by it.
        let client = CacheKey(Bytes("0123456789abcdef"), Bytes("fedcba9876543210"))
        return { range in
            texts[range].reduce(0) { sum, text in
                let claim = text.withBytes {
                    NonceClaim(of: client, nonce: $0, requestID: .empty, expires: bench.now.seconds + 300)
                }
                let answer = bench.memory.nonces.claim(claim, now: bench.now.seconds)
                return sum + (answer == .fresh ? 1 : 0)
            }
        }
    }

    /// Requests that the forecast's thread counts against two policies, of keys that have been seen.
    private func forecasts(_ second: Int64, _ total: Int) -> Work {
        let policies = [
            ForecastPolicy(name: "strict", limits: ["authed-user": [.second: 5, .minute: 200], "*": [.minute: 100]]),
            ForecastPolicy(name: "mild", limits: ["*": [.hour: 10_000]]),
        ]
        let engine = ForecastEngine(policies, mode: .live, start: second, seed: 1)
        let keys = (0..<total).map { Array("jwt-sub:mw:local:wiki:\($0)".utf8) }
        let (name, consumer) = (Bytes("authed-user"), Bytes("0123456789abcdef0123456789abcdef"))
        func observe(_ key: [UInt8]) {
            key.withBytes {
                engine.count(Observation(key: $0, className: name, consumer: consumer, cookie: .keep, second: second))
            }
        }
        for key in keys { observe(key) }
        return { range in
            for key in keys[range] { observe(key) }
            return Int(engine.observed)
        }
    }

    /// Finds of a remembered value: by the digest of a token of the usual length, or by a key that is at hand.
    private func lookups(_ bench: MicroBench) -> Work {
        let cache = Cache<Int>(capacity: 1000)
        let token = [UInt8](repeating: UInt8(ascii: "e"), count: 700)
        let key = token.withBytes { CacheKey(token: $0) }
        cache.insert(1, under: key, at: bench.now, lifetime: 1000)
        return { range in
            range.reduce(0) { sum, _ in
                let asked = self == .mintCache ? key : token.withBytes { CacheKey(token: $0) }
                return sum + (cache.value(asked, at: bench.now) ?? 0)
            }
        }
    }

    /// Calls over HTTP/2. The first batch spells its header fields out and fills what is reused: what follows is the steady state.
    private func calls(_ bench: MicroBench, _ messages: [[UInt8]]) throws -> Work {
        let batch = self == .callOAuth1Alone ? 1 : 32
        let batches = bench.frames(messages, batch: batch)
        _ = try bench.serve(ClientFrames.preface)
        let outcome = kind.outcome
        return { range in
            var bytes = 0
            for frames in batches[range.lowerBound / batch..<range.upperBound / batch] {
                bytes += try bench.serve(frames)
            }
            let answered = bench.answered
            let expected = outcome == .anonymous ? answered.anonymous : answered.authenticated
            guard expected == range.upperBound else { throw ValidationError("\(answered) of \(range.upperBound)") }
            return bytes
        }
    }
}
