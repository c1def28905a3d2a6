// What costs an RSA signature, nearly a millisecond each, is signed before the load begins.

import Cryptography

/// The session cookies and access tokens of a load, by number.
struct SignedCredentials: Sendable {
    /// Session cookies of users, from 1 on; empty when no kind needs them.
    private(set) var cookies: [[UInt8]] = []
    /// Access tokens of owners, from 1 on.
    private(set) var ownerTokens: [[UInt8]] = []
    /// Access tokens that the server has not seen, from 0 on.
    private(set) var newTokens: [[UInt8]] = []

    /// Signs what these kinds need, as of `now`, seconds since 1970.
    init(for kinds: [LoadKind], of farm: Farm, newTokens count: Int, seed: UInt64, now: Int64) throws {
        let withCookie = kinds.filter(\.hasCookie)
        if !withCookie.isEmpty {
            let key = try FixedKeys.cookies()
            let last = withCookie == [.ownerCookie] ? farm.owners : farm.users
            cookies = [[]] + (1...last).map { Self.cookie(of: $0, now: now, key: key) }
        }
        let key = try FixedKeys.accessTokens()
        if kinds.contains(where: { $0.credential == .ownerToken }) {
            ownerTokens = [[]] + (1...farm.owners).map { Self.accessToken(of: $0, now: now, number: 0, key: key) }
        }
        if kinds.contains(where: { $0.credential == .newToken }) {
            newTokens = (0..<count).map { number in
                // The last moment of a token makes it another one; there is time enough.
                let unique = 1 + Int64(seed % 1_000_000) * 10_000_000 + Int64(number)
                return Self.accessToken(of: 1 + number % farm.owners, now: now, number: unique, key: key)
            }
        }
    }

    private static func cookie(of user: Int, now: Int64, key: SigningKey) -> [UInt8] {
        let claims = """
            {"iss":"\(Farm.issuer)","sxp":\(now + 14_400),"jti":"AAAAAAAAAAAAAAAAAAAAAA==",\
            "sub":"\(Farm.subjectPrefix)\(user)","iat":\(now)}
            """
        return Array("sessionJwt=\(DemoRequests.jwt(claims, key))".utf8)
    }

    private static func accessToken(of user: Int, now: Int64, number: Int64, key: SigningKey) -> [UInt8] {
        let identifier = Farm.text(.jti, user) + Farm.text(.moreJTI, user)
        let claims = """
            {"aud":"\(text(Farm.text(.clientID, user)))","jti":"\(text(identifier))","iat":\(now),"nbf":\(now),\
            "exp":\(33_000_000_000 + number),"sub":"\(user)","iss":"\(Farm.issuer)","scopes":["basic","editpage"]}
            """
        return Array("Bearer \(DemoRequests.jwt(claims, key))".utf8)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
