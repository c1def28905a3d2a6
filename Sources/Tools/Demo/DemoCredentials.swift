// demo.json: the credentials of the demo state, for machines. Its names are an interface: scripts read them.

import Service
import Foundation

/// All credentials of a demo state.
public struct DemoCredentials: Codable, Sendable {
    /// What an OAuth 1 client needs.
    public struct OAuth1: Codable, Sendable {
        /// Consumer key.
        public var consumerKey: String
        /// Consumer secret, derived as the client knows it.
        public var consumerSecret: String
        /// Access token.
        public var token: String
        /// Token secret, derived.
        public var tokenSecret: String
        /// Central id of the user.
        public var userID: Int64
        /// The user's name.
        public var userName: String
        /// Private key of an RSA-SHA1 consumer.
        public var privateKeyPEM: String?

        enum CodingKeys: String, CodingKey {
            case consumerKey = "consumer_key"
            case consumerSecret = "consumer_secret"
            case token
            case tokenSecret = "token_secret"
            case userID = "user_id"
            case userName = "user_name"
            case privateKeyPEM = "private_key_pem"
        }
    }

    /// What an OAuth 2 client needs.
    public struct OAuth2: Codable, Sendable {
        /// The token.
        public var accessToken: String
        /// Client id.
        public var clientID: String
        /// Central id of the user, 0 for client credentials.
        public var userID: Int64
        /// The user's name, empty for client credentials.
        public var userName: String

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case clientID = "client_id"
            case userID = "user_id"
            case userName = "user_name"
        }
    }

    /// A consumer for everyone, accepted by a user.
    public var oauth1: OAuth1
    /// The same consumer, another user.
    public var oauth1OtherUser: OAuth1
    /// A consumer that only its owner may use.
    public var oauth1OwnerOnly: OAuth1
    /// A consumer that signs with RSA-SHA1.
    public var oauth1RSA: OAuth1
    /// An owner-only consumer's token, which is valid for ever.
    public var oauth2OwnerOnly: OAuth2
    /// A token that a user granted to a client.
    public var oauth2: OAuth2
    /// A token of a client by itself.
    public var oauth2ClientCredentials: OAuth2
    /// A revoked token.
    public var oauth2Revoked: OAuth2
    /// Credentials that must be refused, whose signatures are right, by what is wrong with them.
    public var refused: [String: OAuth1]
    /// `iss` of cookies.
    public var issuer: String
    /// Name of the session cookie.
    public var cookieName: String

    enum CodingKeys: String, CodingKey {
        case oauth1
        case oauth1OtherUser = "oauth1_other_user"
        case oauth1OwnerOnly = "oauth1_owner_only"
        case oauth1RSA = "oauth1_rsa"
        case oauth2OwnerOnly = "oauth2_owner_only"
        case oauth2
        case oauth2ClientCredentials = "oauth2_client_credentials"
        case oauth2Revoked = "oauth2_revoked"
        case refused
        case issuer
        case cookieName = "cookie_name"
    }
}

extension DemoCredentials {
    /// The file's name in a demo directory.
    public static let fileName = "demo.json"

    /// Those of the demo state in `directory`.
    public init(directory: String) throws {
        let file = Files.resolve(Self.fileName, in: directory)
        let contents = try Files.read(file, limit: 1 << 20)
        do {
            self = try JSONDecoder().decode(DemoCredentials.self, from: Data(contents))
        } catch {
            throw FileProblem(path: file, problem: "it is not a demo.json of `sessiongate init`")
        }
    }

    /// The file's contents.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// OAuth 1 credentials by the name in the file.
    public var namedOAuth1: [(name: String, credential: OAuth1)] {
        [
            ("oauth1", oauth1), ("oauth1_other_user", oauth1OtherUser), ("oauth1_owner_only", oauth1OwnerOnly),
            ("oauth1_rsa", oauth1RSA),
        ] + refused.sorted { $0.key < $1.key }.map { ("refused.\($0.key)", $0.value) }
    }

    /// OAuth 2 credentials by the name in the file.
    public var namedOAuth2: [(name: String, credential: OAuth2)] {
        [
            ("oauth2_owner_only", oauth2OwnerOnly), ("oauth2", oauth2),
            ("oauth2_client_credentials", oauth2ClientCredentials), ("oauth2_revoked", oauth2Revoked),
        ]
    }
}
