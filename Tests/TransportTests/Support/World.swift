// A wiki with one user and one owner-only OAuth 2 token: enough for a real check with lookups.

import Sessions
import Cryptography
import Bytes
import EnvoyProtocol
import TestSupport

struct World {
    static let now = Timestamp(seconds: 1_772_366_400)
    static let tokenKey = try! SigningKey.generate(.rs256)
    static let cookieKey = try! SigningKey.generate(.rs256)

    var isBroken = false

    /// The rows; reading them fails in a broken world.
    var directory: InMemoryDirectory {
        let directory = InMemoryDirectory(
            consumers: [Self.consumer], acceptances: [Self.acceptance],
            tokens: [AccessTokenRow(identifier: Array("jti-1".utf8), acceptanceID: 3, revoked: false)],
            users: [User(id: 3, name: "Alice")])
        if isBroken { directory.fail(with: Fault.storeUnavailable) }
        return directory
    }

    private static let consumer = Consumer(
        id: 2, key: Array("oo".utf8), name: "Alice's bot", ownerID: 3, ownerOnly: true, stage: .approved, wiki: "*",
        oauthVersion: 2, storedSecret: [], rsaKey: [], restrictions: Array(#"{"IPAddresses":["0.0.0.0/0"]}"#.utf8),
        grants: Array(#"["basic"]"#.utf8))

    private static let acceptance = Acceptance(
        id: 3, wiki: "*", userID: 3, consumerID: 2, accessToken: Array("to".utf8), storedSecret: [],
        grants: Array(#"["basic"]"#.utf8))

    /// A policy, and empty memory.
    static func core() -> Core {
        var settings = Settings()
        settings.cookie.issuer = "https://wiki.test"
        settings.wikis.fallback = Wiki(id: "wiki", server: .fixed(scheme: "https", host: "wiki.test", port: nil))
        let policy = Policy(
            settings: settings,
            keys: KeyRing(accessTokenKeys: [tokenKey.publicKey], signer: cookieKey, alsoPublished: []))
        return Core(policy: policy, memory: Memory(settings))
    }

    /// Alice's access token.
    static let bearer = token("jti-1")

    /// One of the same consumer that has no row.
    static let revoked = token("jti-2")

    private static func token(_ identifier: String) -> String {
        let payload =
            #"{"aud":"oo","jti":"\#(identifier)","iat":1772366000,"nbf":1772366000,"exp":1999999999,"sub":"3","#
            + #""scopes":["basic"]}"#
        let token = try! JWS.sign(Array(payload.utf8), with: tokenKey)
        return String(decoding: token, as: UTF8.self)
    }

    /// A CheckRequest as Envoy sends it.
    static func check(_ headers: [(String, String)] = []) -> [UInt8] {
        var builder = CheckRequestBuilder(
            method: "GET", scheme: "https", host: "wiki.test", path: "/w/api.php?action=query")
        builder.id = Array("1".utf8)
        builder.sourceAddress = Array("198.51.100.7".utf8)
        for (name, value) in headers { builder.addHeader(name, value) }
        return builder.encode()
    }
}

/// What event loops share.
struct Core {
    let policy: Policy
    let memory: Memory
}

/// Loads at once, on the thread that asks: a store without a worker.
struct LoadingResolver: Resolver {
    let loader: Loader

    init(_ core: Core, _ world: World = World()) {
        loader = Loader(core.policy, core.memory, world.directory)
    }

    func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void) {
        if case .invalidation(let order) = lookup {
            order.report = .alone
            return completion(nil)
        }
        do throws(Fault) {
            try loader.load(lookup, at: now)
            completion(nil)
        } catch {
            completion(error)
        }
    }
}
