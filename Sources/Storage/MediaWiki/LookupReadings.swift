// From the rows of a lookup's statement to its records.
//
// A statement returns a row for each group and block of the user. Where a column has a collation that takes different keys for
// the same, it returns rows of other keys too: so keys are compared here once more, byte for byte.

import Sessions

/// The records of one OAuth 1 lookup, put together from its rows.
struct OAuth1Reading {
    private let consumerKey: [UInt8]
    private let token: [UInt8]
    private let now: Timestamp
    private var consumer: Consumer?
    private var acceptance: Acceptance?
    private var user = UserReading()

    private static let acceptanceStart = ConsumerTable.width
    private static let userStart = acceptanceStart + AcceptanceTable.width

    init(consumerKey: [UInt8], token: [UInt8], now: Timestamp) {
        self.consumerKey = consumerKey
        self.token = token
        self.now = now
    }

    mutating func add(_ row: some SQLRow) {
        if consumer == nil, let found = ConsumerTable.read(row, at: 0), found.key == consumerKey { consumer = found }
        if acceptance == nil, let found = AcceptanceTable.read(row, at: Self.acceptanceStart),
            found.accessToken == token
        {
            acceptance = found
        }
        guard let acceptance, row.integer(Self.acceptanceStart) == acceptance.id else { return }
        user.add(row, at: Self.userStart, now: now)
    }

    /// Whether the consumer key and the token were found.
    var isFound: (Bool, Bool) { (consumer != nil, acceptance != nil) }

    var records: OAuth1Records { OAuth1Records(consumer: consumer, acceptance: acceptance, user: user.user) }
}

/// The records of one OAuth 2 lookup, put together from its rows.
struct OAuth2Reading {
    private let tokenID: [UInt8]
    private let clientID: [UInt8]
    private let now: Timestamp
    private var records: OAuth2Records
    private var user = UserReading()

    private static let clientStart = AccessTokenTable.width
    private static let acceptanceStart = clientStart + ConsumerTable.width
    private static let consumerStart = acceptanceStart + AcceptanceTable.width
    private static let userStart = consumerStart + ConsumerTable.width
    private static let subjectStart = userStart + UserJoins.width

    init(tokenID: [UInt8], clientID: [UInt8], subject: Int64?, now: Timestamp) {
        self.tokenID = tokenID
        self.clientID = clientID
        self.now = now
        records = OAuth2Records(subjectExists: subject == nil)
    }

    mutating func add(_ row: some SQLRow) {
        if !row.isNull(Self.subjectStart) { records.subjectExists = true }
        if records.client == nil, let found = ConsumerTable.read(row, at: Self.clientStart), found.key == clientID {
            records.client = found
        }
        guard let token = AccessTokenTable.read(row, at: 0), token.identifier == tokenID else { return }
        if records.token == nil {
            records.token = token
            records.acceptance = AcceptanceTable.read(row, at: Self.acceptanceStart)
            records.consumer = ConsumerTable.read(row, at: Self.consumerStart)
        }
        user.add(row, at: Self.userStart, now: now)
    }

    /// Whether the `jti` and the client were found.
    var isFound: (Bool, Bool) { (records.token != nil, records.client != nil) }

    /// All that the rows hold.
    var result: OAuth2Records {
        var result = records
        result.user = user.user
        return result
    }
}
