// Resolves what a check misses: rows are read and joined, cookies signed, and the result is put into memory.

import Bytes

/// Fills memory from a directory. Blocking: for workers and tools.
public struct Loader: Sendable {
    private let policy: Policy
    private let memory: Memory
    private let directory: any Directory
    /// Whether rows are kept to be shown to a person.
    private let keepsRows: Bool

    /// A loader of `directory` into `memory`, under `policy`.
    /// - Parameter keepsRows: Keep the rows in memory beside what is made of them, for a ``Trace`` to show.
    public init(_ policy: Policy, _ memory: Memory, _ directory: any Directory, keepsRows: Bool = false) {
        self.policy = policy
        self.memory = memory
        self.directory = directory
        self.keepsRows = keepsRows
    }

    /// Resolves `lookup`.
    /// - Throws: When the store can't tell, there is no key to sign with, or a check on a worker can't be decided.
    public func load(_ lookup: Lookup, at now: Timestamp) throws(Fault) {
        let loading = Loading(
            policy: policy, memory: memory, directory: directory, now: now, epoch: memory.epoch,
            keepsRows: keepsRows)
        switch lookup {
        case .oauth1(let consumerKey, let token): try loading.oauth1(consumerKey, token, isAgain: false)
        case .oauth1Again(let consumerKey, let token): try loading.oauth1(consumerKey, token, isAgain: true)
        case .oauth2(let claims): try loading.oauth2(claims)
        case .user(let id): try loading.user(id)
        case .cookie(let claims): try loading.cookie(claims)
        case .detached(let check):
            // It reads what is remembered under its own policy, which another may have replaced meanwhile.
            let loader = check.policy.map { Loader($0, memory, directory, keepsRows: keepsRows) } ?? self
            try check.run(at: now) { (lookup) throws(Fault) in try loader.load(lookup, at: now) }
        // A store that claims nonces elsewhere resolves them itself; a worker's check is handed over as `detached`.
        case .nonce, .worker, .invalidation: throw .unresolved
        }
    }
}

/// One lookup on its way.
private struct Loading {
    let policy: Policy
    let memory: Memory
    let directory: any Directory
    let now: Timestamp
    let epoch: UInt64
    let keepsRows: Bool

    func oauth1(_ consumerKey: [UInt8], _ token: [UInt8], isAgain: Bool) throws(Fault) {
        let found = try reading { try directory.oauth1(consumerKey: consumerKey, token: token, at: now) }
        var grant: Grant?
        var secret: [UInt8]?
        let consumer = policy.staticConsumers.find(key: consumerKey) ?? found.consumer
        let known = consumer.map(known)
        // An acceptance that was never completed has an empty token: it must not be found by a request without one.
        if let consumer, let known, let acceptance = found.acceptance, acceptance.consumerID == consumer.id,
            !token.isEmpty
        {
            let identity = Identity(
                .oauth1, user: found.user, consumer: known, grants: grants(of: acceptance, known, consumer), policy,
                at: now)
            grant = Grant(
                acceptance: acceptance, consumer: consumer, user: found.user, identity: identity,
                homes: homes(of: found.user), keepsRows: keepsRows)
            secret = Secrets.signingKey(consumer, acceptance, policy.settings.oauth1.secretKey)
        }
        let rows = OAuth1Rows(
            consumer: known, grant: grant, secret: secret,
            keepsPlaintext: policy.settings.oauth1.allowPlaintext, readAt: now, isReadAgain: isAgain,
            token: TokenDigest(of: token).tag)
        let key = consumerKey.withBytes { consumer in token.withBytes { CacheKey(consumer, $0) } }
        remember(rows, in: memory.oauth1, under: key, isFound: grant != nil && found.user != nil)
    }

    func oauth2(_ claims: AccessTokenClaims) throws(Fault) {
        let found = try reading {
            try directory.oauth2(tokenID: claims.tokenID, clientID: claims.clientID, subject: claims.subject, at: now)
        }
        let named = policy.staticConsumers.find(key: claims.clientID) ?? found.client
        let client = named.flatMap { $0.oauthVersion == 2 ? $0 : nil }
        if let name = claims.rateLimitClass, policy.settings.classes.emitted(name) == nil {
            memory.unknownClasses.note(name)
        }
        var grant: Grant?
        if let token = found.token, let client {
            grant = token.acceptanceID == 0 ? clientCredentials(client, claims) : accepted(found, claims)
        }
        let rows = OAuth2Rows(
            isTokenValid: found.token.map { !$0.revoked } ?? false, client: client.map(known),
            subjectExists: found.subjectExists, grant: grant, token: TokenDigest(of: claims.tokenID).tag)
        remember(rows, in: memory.oauth2, under: claims.rowsKey, isFound: grant != nil)
    }

    /// A token without an acceptance is its consumer's own; an owner-only consumer has none such.
    private func clientCredentials(_ client: Consumer, _ claims: AccessTokenClaims) -> Grant? {
        guard !client.ownerOnly else { return nil }
        let identity = Identity(
            ofClient: known(client), subject: claims.subjectText, grants: claims.scopes,
            namedClass: claims.rateLimitClass, policy)
        return Grant(acceptance: nil, consumer: client, user: nil, identity: identity, keepsRows: keepsRows)
    }

    private func accepted(_ found: OAuth2Records, _ claims: AccessTokenClaims) -> Grant? {
        guard let acceptance = found.acceptance,
            let consumer = policy.staticConsumers.find(id: acceptance.consumerID) ?? found.consumer
        else { return nil }
        let known = known(consumer)
        let identity = Identity(
            consumer.ownerOnly ? .oauth2Owner : .oauth2, user: found.user, consumer: known,
            grants: claims.scopes == known.grants ? known.grants : claims.scopes, namedClass: claims.rateLimitClass,
            policy, at: now)
        return Grant(
            acceptance: acceptance, consumer: consumer, user: found.user, identity: identity,
            homes: homes(of: found.user), keepsRows: keepsRows)
    }

    func user(_ id: Int64) throws(Fault) {
        let user = try reading { try directory.user(id: id, at: now) }
        let users = policy.settings.users
        let mayLogIn = user.map { !$0.locked && !(users.blockDisablesLogin && $0.isBlocked) } ?? false
        let identity = mayLogIn ? Identity(.cookie, user: user, consumer: nil, grants: [], policy, at: now) : nil
        remember(UserEntry(identity), in: memory.users, under: CacheKey(userID: id), isFound: user != nil)
    }

    func cookie(_ claims: CookieClaims) throws(Fault) {
        let cookie = try MintedCookie.mint(claims, policy, at: now)
        let lifetime = policy.settings.cookie.reuseWindow * 1000
        memory.remember(cookie, in: memory.minted, under: claims.cacheKey, policy, at: now, lifetime: lifetime)
    }

    // MARK: Shared

    private func homes(of user: User?) -> HomeWikis? {
        let settings = policy.settings
        return HomeWikis(of: user, settings.version.rules, served: policy.wikis.ids, local: settings.wikis.localID)
    }

    private func reading<Rows>(_ body: () throws -> Rows) throws(Fault) -> Rows {
        do {
            return try body()
        } catch { throw .storeUnavailable }
    }

    private func remember<Rows: Remembered>(
        _ rows: Rows, in cache: Cache<Rows>, under key: CacheKey, isFound: Bool
    ) {
        let settings = policy.settings.cache
        let longest = (isFound ? settings.lifetime : settings.negativeLifetime) * 1000
        // Rows that were read together do not expire together.
        let lifetime = longest - .random(in: 0...longest / 10)
        // What was not found is not read ahead: made-up tokens would cost twice as many reads.
        memory.remember(
            rows, in: cache, under: key, policy, at: now, lifetime: lifetime,
            refreshAfter: isFound ? lifetime * 4 / 5 : nil, epoch: epoch)
    }

    /// Milliseconds for which a consumer's object is shared; whether it is still what the row says is looked at each time.
    private static let consumerLifetime: Int64 = 3_600_000

    /// The object of a consumer, the same one for all its tokens.
    private func known(_ row: Consumer) -> KnownConsumer {
        let key = row.key.withBytes { CacheKey($0, .empty) }
        let shared = memory.consumers.value(key, at: now, generation: policy.generation)
        if let shared, shared.fingerprint == row.fingerprint { return shared }
        let known = KnownConsumer(row)
        memory.remember(known, in: memory.consumers, under: key, policy, at: now, lifetime: Self.consumerLifetime)
        return known
    }

    /// The grants of an acceptance, shared with the consumer where they are the same.
    private func grants(of acceptance: Acceptance, _ known: KnownConsumer, _ consumer: Consumer) -> [String] {
        acceptance.grants == consumer.grants ? known.grants : Grants.parse(acceptance.grants)
    }
}
