// What the stages of `workbench micro` work on: one policy, one connection, and everything in memory.

import ArgumentParser
import Dispatch
import Sessions
import Cryptography
import NIOCore
import Telemetry
import Transport
import Bytes
import EnvoyProtocol

/// One event loop's state with warm caches, and requests made before they are needed.
final class MicroBench {
    let now = Timestamp(seconds: 1_772_366_400)
    let policy: Policy
    let memory: Memory
    var response: [UInt8] = []
    let hmacKey = DemoRequests.signingKey
    @exclusivity(unchecked) private var scratch = Scratch()
    private let endpoints: Endpoints
    private let pool = ExchangePool(clock: { Int64(NIODeadline.now().uptimeNanoseconds) })
    private let session: HTTP2Session
    private let cookieKey: SigningKey
    private let accessTokenKey: SigningKey
    private let remote = RemoteEnd(address: Array("127.0.0.1".utf8), port: 40_000)

    /// - Parameter countsForecast: Whether checks are handed over to a forecast, as with policies that are configured.
    init(countsForecast: Bool = false) throws {
        cookieKey = try FixedKeys.cookies()
        accessTokenKey = try FixedKeys.accessTokens()
        var settings = Settings()
        settings.wikis.fallback = Wiki(id: "wiki", server: .fixed(scheme: nil, host: "en.wiki.test", port: nil))
        settings.cookie.issuer = "https://en.wiki.test"
        policy = Policy(
            settings: settings,
            keys: KeyRing(accessTokenKeys: [accessTokenKey.publicKey], signer: cookieKey, alsoPublished: []))
        memory = Memory(settings)
        let forecast = ForecastQueue(capacity: 1 << 20, wake: DispatchSemaphore(value: 0))
        forecast.turn(on: countsForecast)
        endpoints = Endpoints(
            policy: policy, memory: memory, readiness: Readiness(), maxMessageBytes: 1 << 20, forecast: forecast)
        session = HTTP2Session(limits: HTTP2Limits(), pool: pool, memory: HTTP2Memory())
        response.reserveCapacity(8192)
    }
}

// MARK: - Requests

extension MicroBench {
    /// `count` encoded requests of a kind, each with what distinguishes it from the others.
    func messages(_ kind: RequestKind, _ count: Int) -> [[UInt8]] {
        let session = kind == .cookie || kind == .oauth1WithCookie ? freshCookie : nil
        let token = accessToken(0)
        return (0..<count).map { number in
            switch kind {
            case .oauth1, .oauth1WithCookie:
                let request = DemoRequests.oauth1(
                    user: 7, consumer: 1, nonce: number, session: session, at: now, key: hmacKey)
                return request.encode()
            case .anonymous, .ownerOnly, .unseenToken, .cookie:
                var request = DemoRequests.anonymous(id: number, session: session)
                if kind == .ownerOnly { request.addHeader("authorization", "Bearer " + token) }
                if kind == .unseenToken { request.addHeader("authorization", "Bearer " + accessToken(number)) }
                return request.encode()
            }
        }
    }

    private func accessToken(_ number: Int) -> String {
        DemoRequests.accessToken(user: 7, issued: now.seconds - Int64(number), key: accessTokenKey)
    }

    private var freshCookie: String {
        DemoRequests.jwt(
            #"{"iss":"https://en.wiki.test","sxp":\#(now.seconds + 14_400),"jti":"AAAAAAAAAAAAAAAAAAAAAA==","#
                + #""sub":"mw:\#(policy.settings.users.scope):7","iat":\#(now.seconds)}"#, cookieKey)
    }

    /// The bytes of a client that makes these calls, `batch` of them at a time.
    func frames(_ messages: [[UInt8]], batch: Int) -> [[UInt8]] {
        var client = ClientFrames()
        return stride(from: 0, to: messages.count, by: batch).map { start in
            messages[start..<min(start + batch, messages.count)].reduce(into: []) { $0 += client.call($1) }
        }
    }
}

// MARK: - Work

extension MicroBench {
    /// Checks `message` until memory holds all that it takes.
    func warm(_ message: [UInt8]) throws {
        let loader = Loader(policy, memory, DemoRows())
        let check = { [self] (request: Request) in
            do {
                _ = try settle(request, policy, memory, loader, at: now, &scratch)
            } catch { print("not warm: \(error)") }
        }
        try message.withBytes { try policy.withRequest($0, check) }
    }

    /// Decodes and checks one message, carries the decision out and writes the answer; the outcome must be `outcome`.
    func check(_ message: [UInt8], expecting outcome: Decision.Outcome) throws -> Int {
        let settled = try message.withBytes { bytes in
            try policy.withRequest(bytes) { request -> SettledDecision? in
                guard let settled = carriedOut(request) else { return nil }
                response.removeAll(keepingCapacity: true)
                CheckResponseWriter.write(settled, to: request, policy, into: &response)
                return settled
            }
        }
        guard let decision = settled?.decision else { throw ValidationError("not answered from memory") }
        guard decision.outcome == outcome else {
            throw ValidationError("\(decision.outcome): \(decision.reason?.rawValue ?? "no reason")")
        }
        return response.count
    }

    private func carriedOut(_ request: Request) -> SettledDecision? {
        let step = decide(request, policy, memory, at: now, &scratch)
        memory.keep(&scratch, policy, at: now)
        guard case .decided(let decision) = step,
            case .decided(let settled) = memory.carryOut(decision, policy, at: now)
        else { return nil }
        return settled
    }

    /// Answers to one message that is decided once, each with a Set-Cookie.
    func encode(_ message: [UInt8], _ count: Int) throws -> Int {
        let sum = try message.withBytes { bytes in
            try policy.withRequest(bytes) { request -> Int? in
                guard let settled = carriedOut(request), settled.cookie != nil else { return nil }
                return (0..<count).reduce(0) { sum, _ in
                    response.removeAll(keepingCapacity: true)
                    CheckResponseWriter.write(settled, to: request, policy, into: &response)
                    return sum + response.count
                }
            }
        }
        guard let sum else { throw ValidationError("no cookie to set") }
        return sum
    }

    /// The signature base string of one message.
    func baseString(_ message: [UInt8]) throws -> Int {
        try message.withBytes { bytes in
            try policy.withRequest(bytes) { signatureBaseString(of: $0, policy, memory, &scratch)?.count ?? 0 }
        }
    }

    /// Receives what a client sent, serves every call in it and takes the answer out. Returns the bytes of the answers.
    func serve(_ bytes: [UInt8]) throws -> Int {
        _ = bytes.withUnsafeBytes { session.receive($0) }
        while let exchange = session.nextReady() {
            guard case .decided = endpoints.serve(exchange, from: remote, at: now) else {
                throw ValidationError("not answered from memory")
            }
            session.respond(exchange)
        }
        var count = 0
        while let output = session.nextOutput() { count += output.count }
        return count
    }

    /// Who was answered how often, over HTTP/2.
    var answered: (anonymous: Int, authenticated: Int) {
        let counters = endpoints.counters
        return (Int(counters.anonymous.current), counters.authenticated.reduce(0) { $0 + Int($1.current) })
    }
}

/// What kind of client a request comes from.
enum RequestKind {
    case anonymous
    case oauth1
    case oauth1WithCookie
    case ownerOnly
    case unseenToken
    case cookie

    var outcome: Decision.Outcome { self == .anonymous ? .anonymous : .authenticated }
}
