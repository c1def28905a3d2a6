// The rows of a batch of lookups, by their keys. Where a collation takes different keys for the same, a server returns rows of other
// keys too: they are found by none, since keys are compared here byte for byte.

import Sessions

/// What was read for a batch of lookups.
struct RowBatch {
    private typealias Token = (row: AccessTokenRow, acceptance: Acceptance?, consumer: Consumer?)

    private var consumers: [[UInt8]: Consumer] = [:]
    private var acceptances: [[UInt8]: Acceptance] = [:]
    private var tokens: [[UInt8]: Token] = [:]
    private var subjects: Set<Int64> = []
    /// A user's rows, and where its columns begin.
    private var users: [Int64: [(row: MariaDBRow, start: Int)]] = [:]
    private var accounts: [[UInt8]: [MariaDBRow]] = [:]

    /// Adds the rows of one statement.
    mutating func add(_ rows: [MariaDBRow], of part: BatchSQL.Part) {
        for row in rows {
            switch part {
            case .consumers: if let found = ConsumerTable.read(row, at: 0) { consumers[found.key] = found }
            case .acceptances: addAcceptance(row)
            case .tokens: addToken(row)
            case .subjects: subjects.insert(row.integer(0))
            case .users: addUser(row, at: 0)
            case .accounts: accounts[row.bytes(0), default: []].append(row)
            }
        }
    }

    /// Adds the rows of other users.
    mutating func addUsers(of other: RowBatch) { users.merge(other.users) { $1 } }

    /// Adds the accounts on the wiki.
    mutating func addAccounts(of other: RowBatch) { accounts.merge(other.accounts) { $1 } }

    private mutating func addAcceptance(_ row: MariaDBRow) {
        let token = row.bytes(4)
        if acceptances[token] == nil { acceptances[token] = AcceptanceTable.read(row, at: 0) }
        addUser(row, at: AcceptanceTable.width)
    }

    private mutating func addToken(_ row: MariaDBRow) {
        guard let token = AccessTokenTable.read(row, at: 0) else { return }
        let acceptance = AccessTokenTable.width, consumer = acceptance + AcceptanceTable.width
        if tokens[token.identifier] == nil {
            tokens[token.identifier] = (
                token, AcceptanceTable.read(row, at: acceptance), ConsumerTable.read(row, at: consumer)
            )
        }
        addUser(row, at: consumer + ConsumerTable.width)
    }

    /// A server without users has no columns for them.
    private mutating func addUser(_ row: MariaDBRow, at start: Int) {
        guard start < row.count, !row.isNull(start) else { return }
        users[row.integer(start), default: []].append((row, start))
    }

    /// The ids of the users that the rows are about.
    var userIDs: Set<Int64> {
        Set(acceptances.values.map(\.userID)).union(tokens.values.compactMap { $0.acceptance?.userID })
    }

    /// The names of these users.
    func names(where isWanted: (User) -> Bool) -> Set<[UInt8]> {
        let anyTime = Timestamp(seconds: 0)
        return Set(users.keys.compactMap { user($0, at: anyTime) }.filter(isWanted).map { Array($0.name.utf8) })
    }
}

extension RowBatch {
    /// The rows behind an OAuth 1 request.
    func oauth1(_ consumerKey: [UInt8], _ token: [UInt8], at now: Timestamp) -> OAuth1Records {
        let acceptance = acceptances[token]
        return OAuth1Records(
            consumer: consumers[consumerKey], acceptance: acceptance,
            user: acceptance.flatMap { user($0.userID, at: now) })
    }

    /// The rows behind an OAuth 2 access token.
    func oauth2(_ tokenID: [UInt8], _ clientID: [UInt8], _ subject: Int64?, at now: Timestamp) -> OAuth2Records {
        let token = tokens[tokenID]
        return OAuth2Records(
            token: token?.row, client: consumers[clientID], acceptance: token?.acceptance, consumer: token?.consumer,
            user: token?.acceptance.flatMap { user($0.userID, at: now) },
            subjectExists: subject.map { subjects.contains($0) || users[$0] != nil } ?? true)
    }

    /// A user, with the groups and blocks in force at `now`.
    func user(_ id: Int64, at now: Timestamp) -> User? {
        var reading = UserReading()
        for (row, start) in users[id] ?? [] { reading.add(row, at: start, now: now) }
        guard var user = reading.user else { return nil }
        for account in accounts[Array(user.name.utf8)] ?? [] {
            user.hasLocalAccount = true
            guard !account.isNull(2) else { continue }
            if MediaWikiTime(account.bytes(3)).isInForce(at: now, whenUnreadable: true) { user.isBlocked = true }
        }
        return user
    }

    /// Whether all rows that `request` can have are there. A key that is empty is never stored.
    func isComplete(_ request: RowRequest, besides configured: Set<[UInt8]>) -> Bool {
        func hasUser(_ acceptance: Acceptance?) -> Bool { acceptance.map { users[$0.userID] != nil } ?? false }
        func hasConsumer(_ key: [UInt8]) -> Bool {
            key.isEmpty || consumers[key] != nil || configured.contains(key)
        }
        switch request {
        case .oauth1(let consumerKey, let token):
            return hasConsumer(consumerKey) && (token.isEmpty || hasUser(acceptances[token]))
        case .oauth2(let tokenID, let clientID, let subject):
            let isSubjectKnown = subject.map { subjects.contains($0) || users[$0] != nil } ?? true
            let hasToken = tokens[tokenID].map { $0.row.acceptanceID == 0 || hasUser($0.acceptance) } ?? false
            return isSubjectKnown && (tokenID.isEmpty || hasToken) && hasConsumer(clientID)
        case .user(let id): return users[id] != nil
        }
    }
}
