// A wiki farm of any size whose credentials are computed from their numbers: `workbench state` writes its rows,
// `workbench load` signs for its users, and no file of a million secrets is passed between the two. They are public,
// and protect nothing.

import Cryptography
import Bytes

/// Users and consumers from 1 on; each user has accepted one OAuth 1 consumer, and the first ones own an OAuth 2
/// consumer too.
package struct Farm: Sendable {
    /// Users.
    package let users: Int
    /// OAuth 1 consumers; as many users at most have an owner-only OAuth 2 consumer.
    package let consumers: Int

    /// A farm of this size.
    package init(users: Int, consumers: Int) {
        self.users = users
        self.consumers = consumers
    }

    /// Users with an owner-only consumer.
    package var owners: Int { min(users, consumers) }

    /// The consumer that a user has accepted.
    package func consumer(of user: Int) -> Int { 1 + (user - 1) % consumers }
}

// What `sessiongate init` configures. Were it to differ, no answer would be the expected one.
extension Farm {
    /// `cookie.issuer`
    static let issuer = "https://wiki.demo.test"
    /// What stands before a user's number in `sub`.
    static let subjectPrefix = "mw:local:demowiki:"
    /// What secrets are derived with (`$wgOAuthSecretKey`).
    static let secretKey = "5e55104a7e00000000000000000000000000000000000000000000000000f00d"
}

extension Farm {
    /// A family of texts of 32 hexadecimal digits, one for each number.
    package enum Family: UInt32 {
        case consumerKey = 1, consumerSecret, token, tokenSecret, clientID, clientSecret, clientToken, jti, moreJTI
    }

    // Odd: multiplication modulo 2³² gives each number another product.
    private static let multipliers: [UInt32] = [2_654_435_761, 2_246_822_519, 3_266_489_917]

    /// The text of this number.
    package static func text(_ family: Family, _ number: Int) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(32)
        append(family.rawValue, to: &text)
        for multiplier in multipliers { append(UInt32(truncatingIfNeeded: number) &* multiplier, to: &text) }
        return text
    }

    /// The same as an SQL expression; `i` is the number.
    static func sql(_ family: Family) -> String {
        let products = multipliers.map { "(i * \($0)) & 4294967295" }.joined(separator: ", ")
        return "printf('%08x%08x%08x%08x', \(family.rawValue), \(products))"
    }

    private static func append(_ word: UInt32, to text: inout [UInt8]) {
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            let nibble = UInt8(truncatingIfNeeded: word >> shift & 15)
            text.append(nibble < 10 ? 48 + nibble : 87 + nibble)
        }
    }

    /// The real secret of a stored one, as MediaWiki derives it.
    static func secret(_ family: Family, _ number: Int) -> [UInt8] {
        text(family, number).withBytes { derivation.authenticate($0) }.hexadecimal
    }

    private static let derivation = Array(secretKey.utf8).withBytes { HMACSHA1Key(key: $0) }

    /// The HMAC key with which a user's requests are signed.
    package func signingKey(of user: Int) -> HMACSHA1Key {
        let secrets = [Self.secret(.consumerSecret, consumer(of: user)), Self.secret(.tokenSecret, user)]
        return Array(secrets.joined(separator: Array("&".utf8))).withBytes { HMACSHA1Key(key: $0) }
    }
}
