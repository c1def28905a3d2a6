// Rows and signed requests for measurements: a wiki of any size, in memory.

import Sessions
import Cryptography
import Bytes

/// As many users, consumers and tokens as are asked for; every key is computed from its number.
struct DemoRows: Directory {
    func consumer(key: [UInt8]) throws -> Consumer? {
        guard let number = Self.number(key, prefix: "consumer-") else {
            return Self.number(key, prefix: "client-").map { Self.consumer($0, oauthVersion: 2) }
        }
        return Self.consumer(number, oauthVersion: 1)
    }

    func consumer(id: Int64) throws -> Consumer? {
        Self.consumer(id % 1_000_000_000, oauthVersion: id < 1_000_000_000 ? 1 : 2)
    }

    func acceptance(token: [UInt8]) throws -> Acceptance? {
        // token-<user>-<consumer>
        let parts = String(decoding: token, as: UTF8.self).split(separator: "-")
        guard parts.count == 3, let user = Int64(parts[1]), let consumer = Int64(parts[2]) else { return nil }
        return Self.acceptance(user: user, consumer: consumer)
    }

    func acceptance(id: Int64) throws -> Acceptance? {
        Self.acceptance(user: id, consumer: 1_000_000_000 + id)
    }

    func accessToken(identifier: [UInt8]) throws -> AccessTokenRow? {
        Self.number(identifier, prefix: "jti-").map {
            AccessTokenRow(identifier: identifier, acceptanceID: $0, revoked: false)
        }
    }

    func user(id: Int64, at now: Timestamp) throws -> User? {
        User(id: id, name: "User \(id)", editCount: 5000, registration: 0)
    }

    private static func number(_ key: [UInt8], prefix: String) -> Int64? {
        let text = String(decoding: key, as: UTF8.self)
        return text.hasPrefix(prefix) ? Int64(text.dropFirst(prefix.count)) : nil
    }

    private static func consumer(_ number: Int64, oauthVersion: Int) -> Consumer {
        let isOwnerOnly = oauthVersion == 2
        return Consumer(
            id: number + (oauthVersion == 2 ? 1_000_000_000 : 0),
            key: Array((isOwnerOnly ? "client-\(number)" : "consumer-\(number)").utf8), name: "Consumer \(number)",
            ownerID: number, ownerOnly: isOwnerOnly, stage: .approved, wiki: "*", oauthVersion: oauthVersion,
            storedSecret: Array("consumer-secret-0123456789abcdef".utf8), rsaKey: [],
            restrictions: Array(#"{"IPAddresses":["0.0.0.0/0","::/0"]}"#.utf8), grants: Array(#"["basic"]"#.utf8))
    }

    private static func acceptance(user: Int64, consumer: Int64) -> Acceptance {
        Acceptance(
            id: user, wiki: "*", userID: user, consumerID: consumer,
            accessToken: Array("token-\(user)-\(consumer)".utf8),
            storedSecret: Array("token-secret-0123456789abcdef".utf8), grants: Array(#"["basic"]"#.utf8))
    }
}
