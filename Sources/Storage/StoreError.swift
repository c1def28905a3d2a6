// What can be wrong with a store, in words that tell an operator what to do. Never holds a row's contents.

/// Why the rows can't be read.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, whichever database it is.
    public enum Kind: Equatable, Sendable {
        /// The database can't be reached or used, with the reason in words.
        case unavailable(String)
        /// The database answers, and can't be used as it is configured, with the reason in words.
        case inaccessible(String)
        /// A table that decisions depend on is missing.
        case missingTable(String)
        /// A column that decisions depend on is missing.
        case missingColumn(table: String, column: String)
        /// The table prefix has characters other than ASCII letters, digits and underscores.
        case unusablePrefix
        /// Another process held a lock for longer than the configured timeout.
        case busy
        /// The database did not answer within the configured timeout.
        case timedOut
        /// The account may not read a column that decisions depend on, or its whole table.
        case denied(table: String, column: String?)
        /// Any other error, with the database's own code and message.
        case failed(code: Int, message: String)
    }

    /// What is wrong.
    public let kind: Kind
    /// The file that it is wrong with; nil for a store that is not a file.
    public let file: String?
    /// The address of the server that it is wrong with; nil for a store that is not a server.
    public let server: String?

    /// An error of a store, or of one of its files or servers.
    public init(_ kind: Kind, file: String? = nil, server: String? = nil) {
        self.kind = kind
        self.file = file
        self.server = server
    }

    /// One sentence for an operator. It begins with the file or the server where there is one.
    public var description: String { ((file ?? server).map { "\($0): " } ?? "") + kind.description }
}

extension StoreError.Kind: CustomStringConvertible {
    /// One sentence for an operator, without the file.
    public var description: String {
        switch self {
        case .unavailable(let reason), .inaccessible(let reason): reason
        case .missingTable(let table): "table \(table) is missing: expected MediaWiki's layout"
        case .missingColumn(let table, let column):
            "column \(column) of table \(table) is missing: expected MediaWiki's layout"
        case .unusablePrefix: "the table prefix may hold ASCII letters, digits and underscores only"
        case .busy: "locked by another process for too long"
        case .timedOut: "no answer in time"
        case .denied(let table, let column):
            "\(column.map { "column \($0) of " } ?? "")table \(table) is missing, or the account may not read it: it needs "
                + "GRANT SELECT\(column.map { " (\($0))" } ?? "") ON \(table)"
        case .failed(let code, let message): "\(message) (database error \(code))"
        }
    }
}
