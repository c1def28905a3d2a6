// A consumer, with what is derived from its row once. One object serves the rows of all its tokens, as long as the row is the same.

import Bytes
import Cryptography

/// A registered consumer, as decisions see it.
public final class KnownConsumer: Remembered {
    /// Numeric id (`oarc_id`).
    public let id: Int64
    /// Consumer key, the OAuth 2 client id.
    public let key: [UInt8]
    /// Display name.
    public let name: String
    /// Whether only its owner may use it.
    public let ownerOnly: Bool
    /// The one wiki that it is for; nil: any.
    let wiki: String?
    /// Its grants.
    let grants: [String]
    /// Where its requests may come from.
    let restrictions: AddressRestrictions
    /// For RSA-SHA1; nil when it has none, or one that is no key.
    let rsaKey: RSAPublicKey?
    /// A hash of the whole row: the same row gives the same.
    let fingerprint: CacheKey

    init(_ row: Consumer) {
        id = row.id
        key = row.key
        name = row.name
        ownerOnly = row.ownerOnly
        wiki = row.wiki == "*" ? nil : row.wiki
        grants = Grants.parse(row.grants)
        restrictions = row.restrictions.withBytes { AddressRestrictions(json: $0) }
        rsaKey = row.rsaKey.isEmpty ? nil : row.rsaKey.withBytes { try? RSAPublicKey(pem: $0, minimumBits: 1024) }
        fingerprint = row.fingerprint
    }

    var byteCount: Int { 256 + key.count + name.utf8.count + 48 * grants.count + (rsaKey == nil ? 0 : 2048) }
}

extension Consumer {
    /// A hash of all columns.
    var fingerprint: CacheKey {
        var hash = KeyedHash()
        for number in [id, ownerID, ownerOnly ? 1 : 0, Int64(stage?.rawValue ?? -1), Int64(oauthVersion)] {
            withUnsafeBytes(of: number) { hash.combine(Bytes($0)) }
        }
        for text in [key, Array(name.utf8), Array(wiki.utf8), storedSecret, rsaKey, restrictions, grants] {
            text.withBytes { hash.combine($0) }
        }
        return CacheKey(hash)
    }
}
