// The keys in use, for metrics and for the line that the log begins with.

import Bytes
import Cryptography

/// A key that is in use.
struct ListedKey: Sendable {
    /// What it is for: `access_token` or `cookie`.
    let use: String
    /// `verifying` for the keys of access tokens and of the wiki's cookies, else as ``CookieKeyState``.
    let state: String
    /// Its `kid`.
    let id: String
    /// When a published key may sign, or a retired one may be taken out; seconds since 1970, nil when that is not known.
    var due: Int64?
}

extension LoadedConfiguration {
    /// All keys.
    var keyList: [ListedKey] {
        let files = configuration.keys
        // They were loaded in this order: the next ones, the previous ones, the wiki's.
        let next = files.cookieNext.map { (CookieKeyState.published.rawValue, $0.since.map { $0 + files.publishTime }) }
        let previous = files.cookiePrevious.map { file in
            (CookieKeyState.retired.rawValue, file.since.map { $0 + CookieKeys.cookieLifetime(configuration) })
        }
        let states = next + previous
        let published = keys.published.enumerated().map { index, key in
            let (state, due) = index < states.count ? states[index] : ("verifying", nil)
            return ListedKey(use: "cookie", state: state, id: key.keyID, due: due)
        }
        let signer = keys.cookie.map { key in
            ListedKey(
                use: "cookie", state: CookieKeyState.signing.rawValue,
                id: configuration.settings.cookie.keyID ?? key.publicKey.keyID)
        }
        return keys.accessToken.map { ListedKey(use: "access_token", state: "verifying", id: $0.keyID) }
            + [signer].compactMap(\.self) + published
    }

    /// The beginning of a hash of all values in force: instances with the same one have the same configuration.
    var hash: String {
        guard let values = listing["values"] else { return "" }
        let digest = values.compact.withBytes { SHA256.digest($0) }
        return digest.withBytes { bytes in
            bytes.prefix(6).buffer.map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
        }
    }
}
