// A wiki in memory with one user, one OAuth 1 consumer and one owner-only OAuth 2 consumer: what requests with fuzzed
// credentials are checked against.

import Bytes
import Cryptography
import EnvoyProtocol
import Sessions
import TestSupport

/// The policy and the rows, the same for all inputs, and memory of one input's own.
struct FuzzWiki: ~Copyable {
    /// 2026-03-01T12:00:00Z
    static let now = Timestamp(seconds: 1_772_366_400)
    /// Signs access tokens and cookies, twenty times as fast as an RSA key.
    static let key: SigningKey = {
        do throws(KeyError) { return try SigningKey.generate(.es256) } catch { fatalError("no key: \(error)") }
    }()

    private let policy: Policy
    private let memory: Memory
    private var scratch = Scratch()

    init(_ compatibility: OAuth1Settings.Compatibility = .mediawiki) {
        policy = compatibility == .mediawiki ? Self.mediawiki : Self.rfc5849
        memory = Memory(policy.settings)
    }

    private static let mediawiki = makePolicy(.mediawiki)
    private static let rfc5849 = makePolicy(.rfc5849)

    private static func makePolicy(_ compatibility: OAuth1Settings.Compatibility) -> Policy {
        var settings = Settings()
        settings.cookie.issuer = "https://wiki.test"
        settings.wikis.fallback = Wiki(id: "wiki", server: .fixed(scheme: nil, host: "wiki.test", port: nil))
        settings.cache.capacity = 64
        settings.oauth1.nonceCapacity = 16
        settings.oauth1.compatibility = compatibility
        // A fuzzer can write this signature.
        settings.oauth1.allowPlaintext = true
        return Policy(
            settings: settings, keys: KeyRing(accessTokenKeys: [key.publicKey], signer: key, alsoPublished: []))
    }

    /// What came of a check.
    struct Outcome: Equatable {
        /// `authenticated`, `anonymous`, `refused`, or the fault.
        var name: String
        var reason: Reason?
        var response: [UInt8] = []
    }

    /// A request to be given credentials, from a client that every consumer allows.
    static func request(method: String = "GET", path: [UInt8] = Array("/w/api.php?action=query".utf8))
        -> CheckRequestBuilder
    {
        var request = CheckRequestBuilder(method: method, host: "wiki.test")
        request.path = path
        request.sourceAddress = Array("192.0.2.1".utf8)
        // With an id, the second time is a proxy's retry and no replay.
        request.id = Array("1".utf8)
        return request
    }

    /// Checks the request twice, as a proxy that tries again does.
    /// - Returns: What came of it, both times the same.
    mutating func check(_ request: CheckRequestBuilder) throws(BrokenPromise) -> Outcome {
        let message = request.encode()
        let first = try decide(message)
        try promise(try decide(message) == first, "the same request gets the same answer")
        return first
    }

    /// The text that the OAuth 1 signature of `request` is over, and how it is checked; nil for other requests.
    mutating func baseString(of request: CheckRequestBuilder) throws(BrokenPromise) -> [UInt8]? {
        let trace = Trace()
        scratch.trace = trace
        defer { scratch.trace = nil }
        _ = try decide(request.encode())
        return trace.baseString.isEmpty ? nil : trace.baseString
    }

    private mutating func decide(_ message: [UInt8]) throws(BrokenPromise) -> Outcome {
        let loader = Loader(policy, memory, Self.rows)
        return try message.withBytes { (bytes) throws(BrokenPromise) in
            do throws(WireError) {
                return try policy.withRequest(bytes) { request in
                    do throws(Fault) {
                        let settled = try settle(request, policy, memory, loader, at: Self.now, &scratch)
                        var response: [UInt8] = []
                        CheckResponseWriter.write(settled, to: request, policy, into: &response)
                        let decision = settled.decision
                        return Outcome(name: decision.outcome.rawValue, reason: decision.reason, response: response)
                    } catch {
                        return Outcome(name: error.rawValue)
                    }
                }
            } catch {
                throw BrokenPromise(promise: "what is written decodes")
            }
        }
    }

    private static let rows = InMemoryDirectory(
        consumers: [consumer(id: 1, key: "ck", version: 1), consumer(id: 2, key: "oo", version: 2)],
        acceptances: [
            acceptance(id: 1, consumer: 1, token: "ta"), acceptance(id: 2, consumer: 2, token: "to"),
        ],
        tokens: [AccessTokenRow(identifier: Array("jti-1".utf8), acceptanceID: 2, revoked: false)],
        users: [User(id: 3, name: "Alice")])

    private static func consumer(id: Int64, key: String, version: Int) -> Consumer {
        Consumer(
            id: id, key: Array(key.utf8), name: "App \(id)", ownerID: 3, ownerOnly: version == 2, stage: .approved,
            wiki: "*", oauthVersion: version, storedSecret: Array("cs".utf8), rsaKey: [],
            restrictions: Array(#"{"IPAddresses":["0.0.0.0/0","::/0"]}"#.utf8), grants: Array(#"["basic"]"#.utf8))
    }

    private static func acceptance(id: Int64, consumer: Int64, token: String) -> Acceptance {
        Acceptance(
            id: id, wiki: "*", userID: 3, consumerID: consumer, accessToken: Array(token.utf8),
            storedSecret: Array("ts".utf8), grants: Array(#"["basic"]"#.utf8))
    }
}
