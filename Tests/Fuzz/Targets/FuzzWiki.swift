// A wiki in memory with one user, one OAuth 1 consumer and one owner-only OAuth 2 consumer: what requests with fuzzed
// credentials are checked against.

import Bytes
import Cryptography
import EnvoyProtocol
import Sessions
import TestSupport

/// Rows, policy and memory of one input.
struct FuzzWiki {
    /// 2026-03-01T12:00:00Z
    static let now = Timestamp(seconds: 1_772_366_400)
    /// Signs access tokens and cookies. It is short: signatures are most of the time.
    static let key = privateKey("vectors/keys/rsaconsumer1024.key")

    private let gate: Gate
    private let authorizer: Authorizer

    /// A wiki whose memory is empty but for nonces: all requests have one id, and a nonce counts as its proxy's retry.
    init(_ compatibility: OAuth1Settings.Compatibility = .mediawiki) {
        gate = compatibility == .mediawiki ? Self.mediawiki : Self.rfc5849
        gate.memory.invalidate()
        authorizer = Authorizer(gate: gate)
    }

    private static let mediawiki = makeGate(.mediawiki)
    private static let rfc5849 = makeGate(.rfc5849)

    private static func makeGate(_ compatibility: OAuth1Settings.Compatibility) -> Gate {
        var settings = Settings()
        settings.cookie.issuer = "https://wiki.test"
        settings.wikis.fallback = Wiki(id: "wiki", server: .fixed(scheme: nil, host: "wiki.test", port: nil))
        settings.cache.capacity = 64
        settings.oauth1.compatibility = compatibility
        // A fuzzer can write this signature.
        settings.oauth1.allowPlaintext = true
        return Gate(
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
    func check(_ request: CheckRequestBuilder) throws(BrokenPromise) -> Outcome {
        let message = request.encode()
        let first = try decide(message)
        try promise(try decide(message) == first, "the same request gets the same answer")
        return first
    }

    /// The text that an OAuth 1 signature is over, nil for other requests.
    func baseString(of request: CheckRequestBuilder) -> [UInt8]? {
        request.encode().withBytes { bytes in
            (try? CheckRequest(protobuf: bytes)).flatMap { authorizer.baseString(of: $0) }
        }
    }

    private func decide(_ message: [UInt8]) throws(BrokenPromise) -> Outcome {
        let loader = Loader(gate: gate, directory: Rows())
        for _ in 0..<Authorizer.mostRounds {
            var response: [UInt8] = []
            let step = message.withBytes { bytes in
                (try? CheckRequest(protobuf: bytes)).map { authorizer.check($0, at: Self.now, into: &response) }
            }
            switch step {
            case nil: throw BrokenPromise(promise: "what is written decodes")
            case .answered(let verdict):
                return Outcome(name: verdict.outcome.rawValue, reason: verdict.reason, response: response)
            case .failed(let fault): return Outcome(name: fault.rawValue)
            case .needs(let lookup):
                do throws(Fault) { try loader.load(lookup, at: Self.now) } catch { return Outcome(name: error.rawValue) }
            }
        }
        throw BrokenPromise(promise: "a check ends")
    }

    private static func privateKey(_ path: String) -> RSAPrivateKey {
        let pem = TestFiles.fixture(path)
        do throws(KeyError) {
            return try pem.withBytes { (pem) throws(KeyError) in try RSAPrivateKey(pem: pem, minimumBits: 1024) }
        } catch {
            fatalError("\(path): \(error)")
        }
    }
}

/// The rows.
private struct Rows: Directory {
    private func consumer(id: Int64, key: String, version: Int) -> Consumer {
        Consumer(
            id: id, key: Array(key.utf8), name: "App \(id)", ownerID: 3, ownerOnly: version == 2, stage: .approved,
            wiki: "*", oauthVersion: version, storedSecret: Array("cs".utf8), rsaKey: [],
            restrictions: Array(#"{"IPAddresses":["0.0.0.0/0","::/0"]}"#.utf8), grants: Array(#"["basic"]"#.utf8))
    }

    private func acceptance(id: Int64, consumer: Int64, token: String) -> Acceptance {
        Acceptance(
            id: id, wiki: "*", userID: 3, consumerID: consumer, accessToken: Array(token.utf8),
            storedSecret: Array("ts".utf8), grants: Array(#"["basic"]"#.utf8))
    }

    private var consumers: [Consumer] {
        [consumer(id: 1, key: "ck", version: 1), consumer(id: 2, key: "oo", version: 2)]
    }
    private var acceptances: [Acceptance] {
        [acceptance(id: 1, consumer: 1, token: "ta"), acceptance(id: 2, consumer: 2, token: "to")]
    }

    func consumer(key: [UInt8]) throws -> Consumer? { consumers.first { $0.key == key } }
    func consumer(id: Int64) throws -> Consumer? { consumers.first { $0.id == id } }
    func acceptance(token: [UInt8]) throws -> Acceptance? { acceptances.first { $0.accessToken == token } }
    func acceptance(id: Int64) throws -> Acceptance? { acceptances.first { $0.id == id } }
    func accessToken(identifier: [UInt8]) throws -> AccessTokenRow? {
        AccessTokenRow(identifier: identifier, acceptanceID: 2, revoked: false)
    }
    func user(id: Int64, at now: Timestamp) throws -> User? { id == 3 ? User(id: 3, name: "Alice") : nil }
}
