// The statements of a batch of lookups. They go to the server as one text: one round trip, whatever is asked for.
//
// A statement for each kind of key with all keys of that kind in a list costs the server a tenth of a joined statement for each
// lookup. A transaction around them makes their rows those of one moment.

import Sessions

/// The statements for one server.
struct BatchSQL: Sendable {
    /// What a statement is for.
    enum Part {
        case consumers, acceptances, tokens, subjects, users, accounts
    }

    /// What a server has.
    enum Role {
        /// The OAuth tables, the users, and the wiki's own tables.
        case everything
        /// The OAuth tables and the wiki's own, without the users.
        case wiki
        /// The users.
        case users
    }

    /// A statement up to its list of keys.
    private struct Statement {
        let text: [UInt8]
        let keys: TextColumn?

        init(_ columns: [String], _ tables: String, _ key: String, _ keys: TextColumn? = nil) {
            let text = "SELECT \(columns.joined(separator: ", ")) FROM \(tables) WHERE \(key) IN ("
            self.text = Array(text.utf8)
            self.keys = keys
        }
    }

    private var statements: [Part: Statement] = [:]

    /// - Parameters:
    ///   - wiki: Where the OAuth tables are, and the wiki's own; nil when the server does not have them.
    ///   - users: Where the users are; nil when the server does not have them.
    /// - Throws: When a table or column that decisions depend on is missing.
    init(wiki: MariaDBLayout?, users: MariaDBLayout?, _ source: MariaDBSource) throws(StoreError) {
        // Without the wiki's tables, a global user's account there is unknown.
        let nothing = users.map {
            TableLayout(
                dialect: $0.tables.dialect, schema: $0.tables.schema, prefix: $0.tables.prefix, file: nil, columns: [:])
        }
        var joins: UserJoins?
        if let users {
            joins = try UserJoins(
                source.userSource, users: users.tables, wiki: wiki?.tables ?? nothing ?? users.tables,
                partialBlocksCount: source.partialBlocksCount)
        }
        if let wiki { try addOAuth(wiki, joins) }
        if let joins { addUsers(joins) }
        if let wiki, users == nil { addAccounts(wiki, partialBlocksCount: source.partialBlocksCount) }
        guard source.blocksDisableLogin, let wiki else { return }
        try wiki.tables.requireBlocks(users: users?.tables ?? wiki.tables, source: source.userSource)
    }

    private mutating func addOAuth(_ wiki: MariaDBLayout, _ users: UserJoins?) throws(StoreError) {
        let (consumers, acceptances) = (try ConsumerTable(wiki.tables), try AcceptanceTable(wiki.tables))
        let joins = users?.joins(id: "acceptance.oaac_user_id").joined(separator: " ") ?? ""
        let columns = users?.columns ?? []
        statements[.consumers] = Statement(
            consumers.select("consumer"), "\(consumers.name) AS consumer", "consumer.oarc_consumer_key",
            wiki.text("oarc_consumer_key"))
        statements[.acceptances] = Statement(
            acceptances.select("acceptance") + columns, "\(acceptances.name) AS acceptance \(joins)",
            "acceptance.oaac_access_token", wiki.text("oaac_access_token"))
        guard let tokens = try AccessTokenTable(wiki.tables) else { return }
        statements[.tokens] = Statement(
            tokens.select("token") + acceptances.select("acceptance") + consumers.select("consumer") + columns,
            """
            \(tokens.name) AS token \
            LEFT JOIN \(acceptances.name) AS acceptance ON acceptance.oaac_id = token.oaat_acceptance_id \
            LEFT JOIN \(consumers.name) AS consumer ON consumer.oarc_id = acceptance.oaac_consumer_id \(joins)
            """, "token.oaat_identifier", wiki.text("oaat_identifier"))
    }

    private mutating func addUsers(_ users: UserJoins) {
        statements[.users] = Statement(users.columns, users.tables, "account.\(users.account.id)")
        statements[.subjects] = Statement(
            ["account.\(users.account.id)"], "\(users.account.table) AS account", "account.\(users.account.id)")
    }

    /// Accounts of the wiki by name, with their blocks, for users who are on other servers.
    private mutating func addAccounts(_ wiki: MariaDBLayout, partialBlocksCount: Bool) {
        guard wiki.tables.has("user", ["user_id", "user_name"]) else { return }
        let blocks = BlockJoin(wiki.tables, user: "local.user_id", includesPartial: partialBlocksCount)
        statements[.accounts] = Statement(
            ["local.user_name", "local.user_id"] + blocks.columns,
            ([wiki.tables.name("user") + " AS local"] + blocks.joins).joined(separator: " "), "local.user_name",
            wiki.text("user_name"))
    }

    /// The text that asks for `query`, and what each of its results is; nil for one that has no rows.
    func script(for query: RowQuery) -> (text: [UInt8], parts: [Part?]) {
        var selects: [(Part, [UInt8])] = []
        func add(_ part: Part, _ keys: Set<[UInt8]>) {
            guard let statement = statements[part] else { return }
            let literals = keys.lazy.filter { statement.keys?.canHold($0) ?? true }.map(literal)
            if !literals.isEmpty { selects.append((part, statement.text + literals.joined(separator: [44]) + [41])) }
        }
        func add(_ part: Part, _ ids: Set<Int64>) {
            guard let statement = statements[part], !ids.isEmpty else { return }
            let list = ids.lazy.map { String($0) }.joined(separator: ",")
            selects.append((part, statement.text + Array("\(list))".utf8)))
        }
        add(.consumers, query.consumerKeys)
        add(.acceptances, query.tokens)
        add(.tokens, query.tokenIDs)
        add(.subjects, query.subjects)
        add(.users, query.users)
        add(.accounts, query.accounts)
        guard selects.count > 1 else { return (selects.first?.1 ?? [], selects.map(\.0)) }
        let text =
            Array("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;".utf8)
            + selects.map(\.1).joined(separator: [59]) + Array(";COMMIT".utf8)
        return (text, [nil] + selects.map(\.0) + [nil])
    }
}
