// MediaWiki's tables in MariaDB: a farm's replicas, its primary for what they don't have yet, and CentralAuth's servers where those
// are others.

import Sessions

/// OAuth tables and users on MariaDB servers. Several threads can read at once.
public final class MariaDBDirectory: CheckedDirectory {
    /// A change of a server, for the log.
    public enum Change: Equatable, Sendable {
        /// It is asked again.
        case up(server: String)
        /// It is not asked, because it is too far behind; the sentence says by how much.
        case lagging(server: String, String)
        /// It is not asked, because it can't be reached or read.
        case down(StoreError)
        /// It is asked, however far it is behind: the account may not know. The reason is the server's.
        case lagUnknown(server: String, String)
    }
    /// Gets changes, on any thread.
    public typealias Observer = @Sendable (Change) -> Void

    /// What the databases lack that does not keep them from being used, with the consequence: a sentence each.
    public let warnings: [String]

    /// The servers, and what is known of them.
    public var servers: [DatabaseServerStatus] { wiki.statuses + (users?.statuses ?? []) }

    private let source: MariaDBSource
    private let wiki: MariaDBCluster
    /// Nil when the users are on the wiki's servers.
    private let users: MariaDBCluster?
    private let reporter: ErrorReporter

    /// Connects to all servers.
    ///
    /// - Parameters:
    ///   - source: The servers.
    ///   - toleratesOutage: Begin without a server that answers, and wait for one.
    ///   - report: Gets errors of later lookups for the log: at most one a second, with the number of errors since the one
    ///     before. The errors are thrown to the caller of the lookup too.
    ///   - observe: Gets changes of servers for the log.
    /// - Throws: When no server can be reached, or one can't be read or lacks a table or column that decisions depend on.
    public init(
        _ source: MariaDBSource, toleratesOutage: Bool = false,
        report: @escaping @Sendable (StoreError, Int) -> Void = { _, _ in },
        observe: @escaping Observer = { _ in }
    ) throws(StoreError) {
        guard TableLayout.isUsable(prefix: source.tablePrefix) else { throw StoreError(.unusablePrefix) }
        self.source = source
        reporter = ErrorReporter(report)
        wiki = MariaDBCluster(source.wiki, source.hasUserServers ? .wiki : .everything, source, observe: observe)
        users = source.hasUserServers ? MariaDBCluster(source.users, .users, source, observe: observe) : nil
        try wiki.begin(toleratesOutage: toleratesOutage)
        try users?.begin(toleratesOutage: toleratesOutage)
        warnings = wiki.advice() + (users?.advice() ?? [])
    }

    /// Reads what `requests` ask for, in one round trip for each database, and runs `body` with it.
    public func snapshot<Result>(
        of requests: [RowRequest], _ body: (any Directory) throws -> Result
    ) throws -> Result {
        try body(PreparedRows(rows: read(requests), directory: self))
    }

    /// The rows of `requests`: a replica's, and the primary's of requests for which a replica lacks something.
    fileprivate func read(_ requests: [RowRequest]) throws(StoreError) -> [RowRequest: RowBatch] {
        guard !requests.isEmpty else { return [:] }
        do throws(StoreError) {
            let batch = try rows(of: requests) { cluster, query throws(StoreError) in
                try cluster.read { session throws(MariaDBError) in try session.read(query) }
            }
            var rows = Dictionary(requests.map { ($0, batch) }) { first, _ in first }
            let open = rows.keys.filter { !batch.isComplete($0, besides: source.configuredConsumers) }
            guard !open.isEmpty, let found = readPrimaries(Array(open)) else { return rows }
            for request in open { rows[request] = found }
            return rows
        } catch {
            reporter.report(error)
            throw error
        }
    }

    /// Nil when the primaries can't be asked, or were asked too often: what the replicas said counts then.
    private func readPrimaries(_ requests: [RowRequest]) -> RowBatch? {
        guard wiki.hasPrimary || users?.hasPrimary ?? false else { return nil }
        return try? rows(of: requests) { cluster, query throws(StoreError) in
            guard cluster.hasPrimary else {
                return try cluster.read { session throws(MariaDBError) in try session.read(query) }
            }
            let found = cluster.readPrimary { session throws(MariaDBError) in try session.read(query) }
            guard let found else { throw StoreError(.unavailable("the primary is not asked")) }
            return found
        }
    }

    /// All rows of `requests`, with one query to each cluster. Only for users whose account on the wiki matters the wiki is asked
    /// once more, because it knows them by name.
    private func rows(
        of requests: [RowRequest], ask: (MariaDBCluster, RowQuery) throws(StoreError) -> RowBatch
    ) throws(StoreError) -> RowBatch {
        let query = RowQuery(requests)
        var batch = try ask(wiki, query)
        guard let users else { return batch }
        let ids = query.users.union(query.subjects).union(batch.userIDs)
        if !ids.isEmpty { batch.addUsers(of: try ask(users, RowQuery(users: ids))) }
        let names = batch.names(where: isAccountNeeded)
        if !names.isEmpty { batch.addAccounts(of: try ask(wiki, RowQuery(accounts: names))) }
        return batch
    }

    /// Whether a decision depends on the wiki's account of a central user's name: on its blocks, or on whose it is.
    private func isAccountNeeded(_ user: User) -> Bool {
        guard source.userSource == .centralAuth else { return source.blocksDisableLogin }
        if source.blocksDisableLogin { return true }
        guard source.localAccountsCount, let attached = user.attachedWikis else { return false }
        return !attached.contains(source.localWiki)
    }
}

extension MariaDBDirectory {
    /// The rows behind an OAuth 1 request.
    public func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        try read([.oauth1(consumerKey: consumerKey, token: token)]).values.first?.oauth1(consumerKey, token, at: now)
            ?? OAuth1Records()
    }

    /// The rows behind an OAuth 2 access token.
    public func oauth2(
        tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp
    ) throws -> OAuth2Records {
        try read([.oauth2(tokenID: tokenID, clientID: clientID, subject: subject)]).values.first?
            .oauth2(tokenID, clientID, subject, at: now) ?? OAuth2Records(subjectExists: subject == nil)
    }

    /// The user with this central id.
    public func user(id: Int64, at now: Timestamp) throws -> User? {
        try read([.user(id: id)]).values.first?.user(id, at: now)
    }
}

/// Rows that were read for several lookups. What was not asked for beforehand is read when it is.
private struct PreparedRows: Directory {
    let rows: [RowRequest: RowBatch]
    let directory: MariaDBDirectory

    func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        guard let batch = rows[.oauth1(consumerKey: consumerKey, token: token)] else {
            return try directory.oauth1(consumerKey: consumerKey, token: token, at: now)
        }
        return batch.oauth1(consumerKey, token, at: now)
    }

    func oauth2(tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp) throws -> OAuth2Records {
        guard let batch = rows[.oauth2(tokenID: tokenID, clientID: clientID, subject: subject)] else {
            return try directory.oauth2(tokenID: tokenID, clientID: clientID, subject: subject, at: now)
        }
        return batch.oauth2(tokenID, clientID, subject, at: now)
    }

    func user(id: Int64, at now: Timestamp) throws -> User? {
        guard let batch = rows[.user(id: id)] else { return try directory.user(id: id, at: now) }
        return batch.user(id, at: now)
    }
}
