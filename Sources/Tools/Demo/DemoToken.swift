// Access tokens of the demo state: those that `init` issues, and new ones for `sessiongate token`.

import Service
import Cryptography
import Foundation
import Bytes

/// An access token and its row.
struct DemoToken {
    /// What it shows.
    enum Kind { case ownerOnly, regular, clientCredentials, revoked }
    let kind: Kind
    let claims: AccessTokenClaims
    let userName: String
    let acceptance: Int64

    private static let year: Int64 = 365 * 86_400

    /// The tokens of a consumer's first user. Owner-only tokens last a thousand years, as MediaWiki's do; the others a year,
    /// unlike MediaWiki's four hours, so that a demo state stays usable.
    static func all(of registration: DemoRegistration, now: Int64) -> [DemoToken] {
        switch registration.consumer.role {
        case .oauth2OwnerOnly: [token(.ownerOnly, registration, now: now, lifetime: 1000 * year)]
        case .oauth2:
            [
                token(.regular, registration, now: now, lifetime: year),
                token(.revoked, registration, now: now, lifetime: year),
            ]
        case .oauth2ClientCredentials: [token(.clientCredentials, registration, now: now, lifetime: year)]
        default: []
        }
    }

    private static func token(
        _ kind: Kind, _ registration: DemoRegistration, now: Int64, lifetime: Int64
    ) -> DemoToken {
        let acceptance = registration.acceptances.first
        return DemoToken(
            kind: kind,
            claims: AccessTokenClaims(
                clientID: registration.key, identifier: randomHexadecimal(bytes: 40), userID: acceptance?.user.id,
                issuer: DemoState.issuer, issuedAt: now, expiresAt: now + lifetime),
            userName: acceptance?.user.name ?? "", acceptance: acceptance?.id ?? 0)
    }
}

/// What can go wrong when a token is asked for.
public struct DemoError: Error, CustomStringConvertible, Sendable {
    /// One sentence.
    public let description: String
}

extension DemoCredentials {
    /// Issues an access token for the consumer of the OAuth 2 credential `name` and the user `userName` (nil: the
    /// credential's own), and notes it in the database of the demo state in `directory`.
    public func issueToken(
        for name: String, user userName: String?, lifetime: Int64, now: Int64, directory: String
    ) throws -> String {
        guard let credential = namedOAuth2.first(where: { $0.name == name })?.credential else {
            throw DemoError(description: "no OAuth 2 credential \(quoted(name)) in demo.json")
        }
        let database = try DemoDatabase(file: Files.resolve(DemoState.databaseFile, in: directory))
        let user = try userName.map { try database.user(named: $0) ?? 0 } ?? credential.userID
        var acceptance: Int64 = 0
        if userName != nil || user != 0 {
            guard let found = try database.acceptance(of: credential.clientID, by: user) else {
                throw DemoError(description: "this user has not accepted the consumer of \(name)")
            }
            acceptance = found
        }
        let key = try signingKey(inFile: Files.resolve(DemoState.tokenKeyFile, in: directory))
        let claims = AccessTokenClaims(
            clientID: credential.clientID, identifier: randomHexadecimal(bytes: 40), userID: user == 0 ? nil : user,
            issuer: issuer, issuedAt: now, expiresAt: now + lifetime)
        try database.insertToken(claims, acceptance: acceptance)
        return try claims.signed(by: key)
    }
}
