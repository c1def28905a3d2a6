// Fetches what a check misses: rows are read and joined, cookies signed, and the result is put into memory.

import Bytes

/// Fills a gate's memory from a directory. Blocking: for workers and tools.
public struct Loader: Sendable {
    private let gate: Gate
    private let directory: any Directory

    /// A loader of `directory` into `gate`.
    public init(gate: Gate, directory: any Directory) {
        self.gate = gate
        self.directory = directory
    }

    /// Fetches `lookup`. Throws when the store can't tell, or there is no key to sign with.
    public func load(_ lookup: Lookup, at now: Timestamp) throws(Fault) {
        switch lookup {
        case .oauth1(let consumerKey, let token):
            let rows = try reading { try oauth1(consumerKey, token, at: now) }
            let key = consumerKey.withBytes { consumer in token.withBytes { CacheKey(consumer, $0) } }
            gate.memory.oauth1.insert(rows, under: key, at: now, lifetime: lifetime(isFound: rows.grant?.user != nil))
        case .oauth2(let token):
            let rows = try reading { try oauth2(token, at: now) }
            gate.memory.oauth2.insert(
                rows, under: token.rowsKey, at: now, lifetime: lifetime(isFound: rows.grant != nil))
        case .user(let id):
            let user = try reading { try directory.user(id: id, at: now) }
            let entry = UserEntry(
                identity: user.map { identity(.cookie, user: $0, consumer: nil, grants: [], at: now) })
            gate.memory.users.insert(
                entry, under: CacheKey(userID: id), at: now, lifetime: lifetime(isFound: user != nil))
        case .verdict(let check):
            try check.run(gate, self, at: now)
        case .cookie(let claims):
            let cookie = try MintedCookie.mint(claims, gate: gate, at: now)
            gate.memory.minted.insert(
                cookie, under: claims.cacheKey, at: now, lifetime: gate.settings.cookie.reuseWindow * 1000)
        }
    }

    private func reading<Value>(_ body: () throws -> Value) throws(Fault) -> Value {
        do {
            return try body()
        } catch { throw .storeUnavailable }
    }

    private func lifetime(isFound: Bool) -> Int64 {
        (isFound ? gate.settings.cache.lifetime : gate.settings.cache.negativeLifetime) * 1000
    }

    private func identity(
        _ type: SessionType, user: User?, consumer: Consumer?, grants: [String], namedClass: String? = nil,
        at now: Timestamp
    ) -> Identity {
        Identity(
            type: type, user: user, consumer: consumer, grants: grants, namedClass: namedClass, gate: gate, now: now)
    }

    private func oauth1(_ consumerKey: [UInt8], _ token: [UInt8], at now: Timestamp) throws -> OAuth1Rows {
        let consumer = try directory.consumer(key: consumerKey)
        var grant: Grant?
        var secret: [UInt8]?
        if let consumer, !token.isEmpty, let acceptance = try directory.acceptance(token: token),
            acceptance.consumerID == consumer.id
        {
            let user = try directory.user(id: acceptance.userID, at: now)
            grant = Grant(
                acceptance: acceptance, consumer: consumer, user: user,
                identity: identity(
                    .oauth1, user: user, consumer: consumer, grants: Grants.parse(acceptance.grants), at: now))
            secret = Secrets.signingKey(consumer, acceptance, gate.settings.oauth1.secretKey)
        }
        return OAuth1Rows(
            consumer: consumer, grant: grant, secret: secret,
            keepsPlaintext: gate.settings.oauth1.allowPlaintext)
    }

    private func oauth2(_ claims: AccessTokenClaims, at now: Timestamp) throws -> OAuth2Rows {
        let token = try directory.accessToken(identifier: claims.tokenID)
        let client = try directory.consumer(key: claims.clientID).flatMap { $0.oauthVersion == 2 ? $0 : nil }
        let subjectExists = try claims.subject.map { try directory.user(id: $0, at: now) != nil } ?? true
        var grant: Grant?
        if let token, let client {
            grant =
                try token.acceptanceID == 0
                ? clientCredentials(client, claims, at: now) : accepted(token.acceptanceID, claims, at: now)
        }
        return OAuth2Rows(token: token, client: client, subjectExists: subjectExists, grant: grant)
    }

    /// A token without an acceptance is its consumer's own; an owner-only consumer has none such.
    private func clientCredentials(_ client: Consumer, _ claims: AccessTokenClaims, at now: Timestamp) -> Grant? {
        guard !client.ownerOnly else { return nil }
        let identity = identity(
            .oauth2Client, user: nil, consumer: client, grants: claims.scopes, namedClass: claims.rateLimitClass,
            at: now)
        return Grant(acceptance: nil, consumer: client, user: nil, identity: identity)
    }

    private func accepted(_ id: Int64, _ claims: AccessTokenClaims, at now: Timestamp) throws -> Grant? {
        guard let acceptance = try directory.acceptance(id: id),
            let consumer = try directory.consumer(id: acceptance.consumerID)
        else { return nil }
        let user = try directory.user(id: acceptance.userID, at: now)
        let identity = identity(
            consumer.ownerOnly ? .oauth2Owner : .oauth2, user: user, consumer: consumer, grants: claims.scopes,
            namedClass: claims.rateLimitClass, at: now)
        return Grant(acceptance: acceptance, consumer: consumer, user: user, identity: identity)
    }
}
