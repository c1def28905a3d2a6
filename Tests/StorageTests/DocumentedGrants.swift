// The rights that deploy/mariadb.md tells operators to grant. Directories of these tests have an account with these and no others.

import Foundation
import TestSupport

/// The statements of deploy/mariadb.md.
struct DocumentedGrants {
    /// A table's columns.
    struct Columns {
        let table: String
        let columns: [String]
    }

    /// All statements, as they stand there.
    let statements: [String]
    /// The columns by table.
    let tables: [Columns]

    static let all = Result { try DocumentedGrants() }

    private init() throws {
        let page = TestFiles.root.appending(path: "deploy/mariadb.md")
        let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```sql\n").dropFirst()
        statements = blocks.flatMap { block in
            (block.components(separatedBy: "```").first ?? "").split(separator: "\n").map(String.init)
        }
        tables = statements.compactMap { statement in
            guard let open = statement.firstIndex(of: "("), let close = statement.firstIndex(of: ")"),
                let table = statement[close...].split(separator: " ").dropFirst(2).first?.split(separator: ".").last
            else { return nil }
            let columns = statement[statement.index(after: open)..<close].components(separatedBy: ", ")
            return Columns(table: String(table), columns: columns)
        }
    }
}

extension TestStore {
    /// Gives `account` the documented rights on what there is of this database's tables.
    func grant(to account: String, prefix: String) throws {
        var present: [String: Set<String>] = [:]
        for row in try query(
            "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '\(name)'")
        {
            present[row.text(0), default: []].insert(row.text(1))
        }
        for table in try DocumentedGrants.all.get().tables {
            let columns = table.columns.filter { present[prefix + table.table]?.contains($0) ?? false }
            guard !columns.isEmpty else { continue }
            let list = columns.joined(separator: ", ")
            try execute("GRANT SELECT (\(list)) ON `\(name)`.`\(prefix)\(table.table)` TO '\(account)'")
        }
    }
}
