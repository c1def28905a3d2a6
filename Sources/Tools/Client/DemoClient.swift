// Credentials of the demo state as a client uses them.

import Service
import Cryptography
import Bytes

extension DemoCredentials {
    /// What a client authorizes its requests with.
    public enum Client: Sendable {
        /// An OAuth 1 client, which signs each request.
        case client(OAuth1Client)
        /// An access token, the same for each request.
        case bearer(String)
    }

    /// The credential with this name in demo.json.
    /// - Throws: `DemoError` when there is none, `KeyError` when its private key can't be read.
    public func credential(named name: String) throws -> Client {
        if let oauth2 = namedOAuth2.first(where: { $0.name == name })?.credential { return .bearer(oauth2.accessToken) }
        guard let oauth1 = namedOAuth1.first(where: { $0.name == name })?.credential else {
            let names = namedOAuth1.map(\.name) + namedOAuth2.map(\.name)
            throw DemoError(
                description: "no credential \(quoted(name)) in demo.json; expected \(alternatives(names))")
        }
        var signing = OAuth1Client.Signing.secrets(consumer: oauth1.consumerSecret, token: oauth1.tokenSecret)
        if let pem = oauth1.privateKeyPEM {
            signing = .key(try Array(pem.utf8).withBytes { try RSAPrivateKey(pem: $0, minimumBits: 1024) })
        }
        return .client(OAuth1Client(consumerKey: oauth1.consumerKey, token: oauth1.token, signing: signing))
    }
}

/// The private key of an RSA-SHA1 consumer, in a PEM file.
/// - Throws: `FileProblem`.
public func consumerKey(inFile file: String) throws -> RSAPrivateKey {
    try key(inFile: file) { (pem) throws(KeyError) in try RSAPrivateKey(pem: pem, minimumBits: 1024) }
}

/// The private key of an issuer of access tokens, in a PEM file.
/// - Throws: `FileProblem`.
func signingKey(inFile file: String) throws -> SigningKey {
    try key(inFile: file) { (pem) throws(KeyError) in try SigningKey(pem: pem) }
}

private func key<Key>(inFile file: String, _ read: (Bytes) throws(KeyError) -> Key) throws -> Key {
    let pem = try Files.read(file, limit: 65_536)
    do {
        return try pem.withBytes(read)
    } catch {
        throw FileProblem(path: file, problem: "\(error)")
    }
}
