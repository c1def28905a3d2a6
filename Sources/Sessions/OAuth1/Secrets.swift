// Stored secrets are not the real ones: with `$wgOAuthSecretKey` set, MediaWiki derives those from them.

import Cryptography
import Bytes

/// The secrets behind OAuth 1 signatures.
public enum Secrets {
    /// The real secret of a stored value: lower-case hex of HMAC-SHA1(key: the wiki's secret key, message: the stored value);
    /// without a secret key the stored value itself.
    public static func derive(_ stored: [UInt8], secretKey: [UInt8]?) -> [UInt8] {
        guard let secretKey, !secretKey.isEmpty else { return stored }
        let key = secretKey.withBytes { HMACSHA1Key(key: $0) }
        return stored.withBytes { key.authenticate($0) }.hexadecimal
    }

    /// The HMAC key of a consumer and token (RFC 5849, 3.4.2): both secrets, percent-encoded, with `&` between.
    static func signingKey(_ consumer: Consumer, _ acceptance: Acceptance, _ secretKey: [UInt8]?) -> [UInt8] {
        var key: [UInt8] = []
        derive(consumer.storedSecret, secretKey: secretKey).withBytes { Percent.encode($0, into: &key) }
        key.append(UInt8(ascii: "&"))
        derive(acceptance.storedSecret, secretKey: secretKey).withBytes { Percent.encode($0, into: &key) }
        return key
    }
}
