// What can be wrong with a store, said so that an operator can mend it. Never holds a row's contents.

/// Why a database can't be used, or could not be read.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Problem: Equatable, Sendable {
        /// There is no such file.
        case missing
        /// A directory, a socket, or something else that is no plain file.
        case notAFile
        /// The file exists and can't be opened, with libsqlite3's reason.
        case cannotOpen(String)
        /// The file is not an SQLite database, or encrypted.
        case notADatabase
        /// A table that must be there is not.
        case missingTable(String)
        /// A column that must be there is not.
        case missingColumn(table: String, column: String)
        /// A table prefix with other characters than letters, digits and underscores.
        case unusablePrefix
        /// Another process holds a lock for longer than the busy timeout.
        case busy
        /// Anything else, with libsqlite3's extended code and message.
        case failed(code: Int, message: String)
    }

    /// The file.
    public let file: String
    /// What is wrong with it.
    public let problem: Problem

    /// A problem with a file.
    public init(file: String, problem: Problem) {
        self.file = file
        self.problem = problem
    }

    /// One sentence for an operator, beginning with the file.
    public var description: String {
        switch problem {
        case .missing: "\(file): there is no such file"
        case .notAFile: "\(file): not a plain file: expected an SQLite database"
        case .cannotOpen(let reason): "\(file): can't be opened: \(reason)"
        case .notADatabase: "\(file): not an SQLite database"
        case .missingTable(let table): "\(file): table \(table) is missing: expected MediaWiki's layout"
        case .missingColumn(let table, let column):
            "\(file): column \(column) of table \(table) is missing: expected MediaWiki's layout"
        case .unusablePrefix: "\(file): the table prefix may hold ASCII letters, digits and underscores only"
        case .busy: "\(file): locked by another process for too long"
        case .failed(let code, let message): "\(file): \(message) (SQLite error \(code))"
        }
    }
}
