// Rows and signed requests for measurements: a wiki of any size, in memory.

import Sessions
import Cryptography
import Bytes

/// As many users, consumers and tokens as are asked for; every key is computed from its number.
struct DemoRows: Directory {
    func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        guard let consumer = consumer(key: consumerKey) else { return OAuth1Records() }
        // token-<user>-<consumer>
        let parts = String(decoding: token, as: UTF8.self).split(separator: "-")
        guard parts.count == 3, let userID = Int64(parts[1]), let number = Int64(parts[2]) else {
            return OAuth1Records(consumer: consumer)
        }
        let acceptance = Self.acceptance(user: userID, consumer: number)
        guard acceptance.consumerID == consumer.id else { return OAuth1Records(consumer: consumer) }
        return OAuth1Records(consumer: consumer, acceptance: acceptance, user: try user(id: userID, at: now))
    }

    func oauth2(tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp) throws -> OAuth2Records {
        var records = OAuth2Records(client: consumer(key: clientID))
        guard let number = Self.number(tokenID, prefix: "jti-") else { return records }
        records.token = AccessTokenRow(identifier: tokenID, acceptanceID: number, revoked: false)
        records.acceptance = Self.acceptance(user: number, consumer: 1_000_000_000 + number)
        records.consumer = Self.consumer(number, oauthVersion: 2)
        records.user = try user(id: number, at: now)
        return records
    }

    func user(id: Int64, at now: Timestamp) throws -> User? {
        User(id: id, name: "User \(id)", editCount: 5000, registration: 0)
    }

    private func consumer(key: [UInt8]) -> Consumer? {
        if let number = Self.number(key, prefix: "consumer-") { return Self.consumer(number, oauthVersion: 1) }
        return Self.number(key, prefix: "client-").map { Self.consumer($0, oauthVersion: 2) }
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
