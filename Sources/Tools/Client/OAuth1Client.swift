// An OAuth 1.0a client: the Authorization header of a signed request (RFC 5849, 3.1, 3.4, 3.5.1).

import Cryptography
import Bytes

/// An OAuth 1.0a client with an access token.
public struct OAuth1Client: Sendable {
    /// How it signs.
    public enum Signing: Sendable {
        /// HMAC-SHA1 with the consumer's and the token's secrets.
        case secrets(consumer: String, token: String)
        /// RSA-SHA1 with the consumer's private key.
        case key(RSAPrivateKey)
    }
    /// `oauth_consumer_key`.
    public var consumerKey: String
    /// `oauth_token`.
    public var token: String
    /// How it signs.
    public var signing: Signing

    /// A client that signs with these credentials.
    public init(consumerKey: String, token: String, signing: Signing) {
        self.consumerKey = consumerKey
        self.token = token
        self.signing = signing
    }

    /// The value of the request's Authorization header. `timestamp` counts seconds since 1970. A server accepts the same `nonce`
    /// only once.
    /// - Throws: `KeyError.libraryFailure`.
    public func authorization(for request: ClientRequest, timestamp: Int64, nonce: String) throws(KeyError) -> String {
        var parameters = [
            (name: "oauth_consumer_key", value: consumerKey), (name: "oauth_token", value: token),
            (name: "oauth_signature_method", value: method), (name: "oauth_timestamp", value: "\(timestamp)"),
            (name: "oauth_nonce", value: nonce),
        ]
        let base = Array(request.signatureBaseString(protocolParameters: parameters).utf8)
        parameters.append((name: "oauth_signature", value: try signature(of: base)))
        return "OAuth " + parameters.map { "\($0)=\"\(percentEncoded(Array($1.utf8)))\"" }.joined(separator: ", ")
    }

    private var method: String {
        switch signing {
        case .secrets: "HMAC-SHA1"
        case .key: "RSA-SHA1"
        }
    }

    private func signature(of base: [UInt8]) throws(KeyError) -> String {
        var bytes: [UInt8] = []
        switch signing {
        case .secrets(let consumer, let token):
            let key = percentEncoded(Array(consumer.utf8)) + "&" + percentEncoded(Array(token.utf8))
            let hmac = Array(key.utf8).withBytes { HMACSHA1Key(key: $0) }
            bytes = base.withBytes { hmac.authenticate($0) }.withBytes { $0.array }
        case .key(let key):
            bytes = try base.withBytes { (base) throws(KeyError) in try key.sign(base, digest: .sha1) }
        }
        var text: [UInt8] = []
        bytes.withBytes { Base64.encodeStandard($0, into: &text) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// `count` random bytes in lower-case hexadecimal digits.
public func randomHexadecimal(bytes count: Int) -> String {
    SecureRandom.bytes(count).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
