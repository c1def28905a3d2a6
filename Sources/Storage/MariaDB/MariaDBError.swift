// What libmariadb and the server say about a failure, reduced to what is done about it.
//
// A server's message may quote the statement, and with it a token. It is passed on only for errors whose messages name nothing but
// tables, columns and accounts.

import CNative.MariaDB

/// Why a connection can't be made, or a statement has no result.
package struct MariaDBError: Error, Equatable {
    /// What follows from it.
    enum Consequence {
        /// The connection is gone, or was refused; another server may answer.
        case lost
        /// No answer in time.
        case timedOut
        /// The server answers, and can't be read as it is: account, rights, tables, certificates.
        case inaccessible
        /// Anything else.
        case failed
    }

    let consequence: Consequence
    /// libmariadb's or the server's number; 0 where there is none.
    let code: UInt32
    /// A sentence without contents of rows or statements.
    let message: String

    /// No answer in time.
    static let timedOut = MariaDBError(consequence: .timedOut, code: 0, message: "no answer in time")

    init(consequence: Consequence, code: UInt32, message: String) {
        self.consequence = consequence
        self.code = code
        self.message = message
    }

    /// The error of the latest call on a handle.
    init(_ handle: UnsafeMutablePointer<MYSQL>) {
        let code = mysql_errno(handle)
        let said = String(cString: mysql_error(handle))
        self.init(code: code, said: said)
    }

    init(code: UInt32, said: String) {
        switch code {
        // The server ended the statement (max_statement_time).
        case 1969: self = .timedOut
        // Too many connections, shutting down, host blocked, account's limit, connection killed.
        case 1040, 1053, 1129, 1203, 1226, 1927: self.init(consequence: .lost, code: code, message: said)
        // TLS: certificate, protocol.
        case 2026: self.init(consequence: .inaccessible, code: code, message: said)
        // libmariadb's own: not reachable, gone, malformed answers.
        case 2000..<3000, 5000..<6000: self.init(consequence: .lost, code: code, message: said)
        // Host not allowed, access denied to server, database, table, column; unknown database, column, table.
        case 1130, 1045, 1044, 1142, 1143, 1049, 1054, 1146, 1227, 1698:
            self.init(consequence: .inaccessible, code: code, message: said)
        default:
            self.init(consequence: .failed, code: code, message: "the server answers with an error")
        }
    }

    /// The error as callers of a store know it.
    func storeError(_ server: DatabaseAddress) -> StoreError {
        switch consequence {
        case .timedOut: StoreError(.timedOut, server: server.text)
        case .lost: StoreError(.unavailable("\(message) (database error \(code))"), server: server.text)
        case .inaccessible: StoreError(.inaccessible("\(message) (database error \(code))"), server: server.text)
        case .failed: StoreError(.failed(code: Int(code), message: message), server: server.text)
        }
    }
}
