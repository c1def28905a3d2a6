// A demo credential as a client uses it.

import Service
import Cryptography
import Bytes

extension DemoCredentials {
    /// What stands in a request's Authorization header, or makes it.
    public enum Client: Sendable {
        /// Signs each request.
        case client(OAuth1Client)
        /// The same for each request.
        case bearer(String)
    }

    /// The credential with this name in demo.json.
    public func credential(named name: String) throws -> Client {
        if let oauth2 = namedOAuth2.first(where: { $0.name == name })?.credential { return .bearer(oauth2.accessToken) }
        guard let oauth1 = namedOAuth1.first(where: { $0.name == name })?.credential else {
            let names = namedOAuth1.map(\.name) + namedOAuth2.map(\.name)
            throw DemoError(
                description: "no credential \(quoted(name)) in demo.json; expected \(alternatives(names))")
        }
        var signing = OAuth1Client.Signing.secrets(consumer: oauth1.consumerSecret, token: oauth1.tokenSecret)
        if let pem = oauth1.privateKeyPEM { signing = .key(try privateKey(pem: Array(pem.utf8))) }
        return .client(OAuth1Client(consumerKey: oauth1.consumerKey, token: oauth1.token, signing: signing))
    }
}

/// The RSA private key in a PEM file.
public func privateKey(inFile file: String) throws -> RSAPrivateKey {
    let pem = try Files.read(file, limit: 65_536)
    do {
        return try privateKey(pem: pem)
    } catch {
        throw FileProblem(path: file, problem: "\(error)")
    }
}

private func privateKey(pem: [UInt8]) throws(KeyError) -> RSAPrivateKey {
    try pem.withBytes { (pem) throws(KeyError) in try RSAPrivateKey(pem: pem, minimumBits: 1024) }
}
