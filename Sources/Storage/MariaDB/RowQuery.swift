// What several lookups ask a server for, each key once.

/// Keys to be read together.
struct RowQuery {
    /// Keys of consumers.
    private(set) var consumerKeys: Set<[UInt8]> = []
    /// Access tokens of OAuth 1.
    private(set) var tokens: Set<[UInt8]> = []
    /// Identifiers of OAuth 2 access tokens.
    private(set) var tokenIDs: Set<[UInt8]> = []
    /// Ids of users that need only exist.
    private(set) var subjects: Set<Int64> = []
    /// Ids of users.
    private(set) var users: Set<Int64> = []
    /// Names of users whose accounts on the wiki are asked for.
    private(set) var accounts: Set<[UInt8]> = []

    /// Users by id.
    init(users: Set<Int64>) { self.users = users }

    /// Accounts on the wiki by name.
    init(accounts: Set<[UInt8]>) { self.accounts = accounts }

    /// All that `requests` ask for.
    init(_ requests: some Sequence<RowRequest>) {
        for request in requests {
            switch request {
            case .oauth1(let consumerKey, let token):
                consumerKeys.insert(consumerKey)
                tokens.insert(token)
            case .oauth2(let tokenID, let clientID, let subject):
                tokenIDs.insert(tokenID)
                consumerKeys.insert(clientID)
                if let subject { subjects.insert(subject) }
            case .user(let id): users.insert(id)
            }
        }
    }
}
