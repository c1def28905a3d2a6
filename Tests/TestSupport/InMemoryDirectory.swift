// The rows of a wiki in memory, for the tests of all targets.

import Sessions
import Storage
import Synchronization

/// Rows held in memory, which tests change as they like.
package final class InMemoryDirectory: SnapshotDirectory {
    /// All rows, how often they were read, and whether reading works.
    package struct State: Sendable {
        /// Consumers of both versions of OAuth.
        package var consumers: [Consumer] = []
        /// Acceptances of these consumers.
        package var acceptances: [Acceptance] = []
        /// OAuth 2 access tokens.
        package var tokens: [AccessTokenRow] = []
        /// Users by central id.
        package var users: [User] = []
        /// Every call throws this error while it is set.
        package var error: (any Error)?
        /// Calls so far, those that threw included.
        package var reads = 0
        /// Snapshots so far.
        package var snapshots = 0
    }

    private let state: Mutex<State>

    /// A directory with these rows.
    package init(
        consumers: [Consumer] = [], acceptances: [Acceptance] = [], tokens: [AccessTokenRow] = [], users: [User] = []
    ) {
        var initial = State()
        initial.consumers = consumers
        initial.acceptances = acceptances
        initial.tokens = tokens
        initial.users = users
        state = Mutex(initial)
    }

    /// Reads or changes the rows.
    package func update<Result: Sendable>(_ body: (inout sending State) -> Result) -> Result {
        state.withLock { state in body(&state) }
    }

    private func read<Result: Sendable>(_ body: (State) -> Result) throws -> Result {
        let state = state.withLock { state in
            state.reads += 1
            return state
        }
        if let error = state.error { throw error }
        return body(state)
    }

    package func snapshot<Result>(
        of requests: [RowRequest], _ body: (any Directory) throws -> Result
    ) throws -> Result {
        let error = state.withLock { state in
            state.snapshots += 1
            return state.error
        }
        if let error { throw error }
        return try body(self)
    }

    package func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        try read { $0.oauth1(consumerKey, token) }
    }

    package func oauth2(
        tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp
    ) throws -> OAuth2Records {
        try read { $0.oauth2(tokenID, clientID, subject) }
    }

    package func user(id: Int64, at now: Timestamp) throws -> User? { try read { $0.user(id) } }
}

extension InMemoryDirectory.State {
    fileprivate func user(_ id: Int64) -> User? { users.first { $0.id == id } }

    fileprivate func oauth1(_ consumerKey: [UInt8], _ token: [UInt8]) -> OAuth1Records {
        let acceptance = acceptances.first { $0.accessToken == token }
        return OAuth1Records(
            consumer: consumers.first { $0.key == consumerKey }, acceptance: acceptance,
            user: acceptance.flatMap { user($0.userID) })
    }

    fileprivate func oauth2(_ tokenID: [UInt8], _ clientID: [UInt8], _ subject: Int64?) -> OAuth2Records {
        let token = tokens.first { $0.identifier == tokenID }
        let acceptance = token.flatMap { token in acceptances.first { $0.id == token.acceptanceID } }
        return OAuth2Records(
            token: token, client: consumers.first { $0.key == clientID }, acceptance: acceptance,
            consumer: acceptance.flatMap { acceptance in consumers.first { $0.id == acceptance.consumerID } },
            user: acceptance.flatMap { user($0.userID) }, subjectExists: subject.map { user($0) != nil } ?? true)
    }
}

/// Single fields, for tests that change one thing.
extension InMemoryDirectory {
    package var consumers: [Consumer] {
        get { update { $0.consumers } }
        set { update { $0.consumers = newValue } }
    }
    package var acceptances: [Acceptance] {
        get { update { $0.acceptances } }
        set { update { $0.acceptances = newValue } }
    }
    package var tokens: [AccessTokenRow] {
        get { update { $0.tokens } }
        set { update { $0.tokens = newValue } }
    }
    package var users: [User] {
        get { update { $0.users } }
        set { update { $0.users = newValue } }
    }
    /// Calls so far.
    package var reads: Int { update { $0.reads } }
    /// Snapshots so far.
    package var snapshots: Int { update { $0.snapshots } }

    /// Makes every call throw `error`, or work again when it is nil.
    package func fail(with error: (any Error)?) { update { $0.error = error } }
}
