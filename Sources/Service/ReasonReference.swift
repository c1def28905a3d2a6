// What all codes of refusals and faults mean: for `sessiongate reasons`, and as the tables of deploy/refusals.md.

import Sessions

/// The reference of reasons and faults.
public enum ReasonReference {
    /// One code and what is known about it.
    private struct Entry {
        let code: String
        let kind: String
        let advice: Advice

        var menders: String { advice.menders.map(\.rawValue).joined(separator: ", ") }
    }

    private static let reasons = Reason.allCases.map { Entry(code: $0.rawValue, kind: "reason", advice: $0.advice) }
    private static let faults = Fault.allCases.map { Entry(code: $0.rawValue, kind: "fault", advice: $0.advice) }

    /// The codes that contain `word`, all if it is nil, for a terminal; empty if there is none.
    public static func text(matching word: String?) -> String {
        let entries = (reasons + faults).filter { entry in word.map { entry.code.contains($0) } ?? true }
        return entries.map { entry in
            """
            \(entry.code) (\(entry.kind))
                means  \(plain(entry.advice.meaning))
                mends  \(entry.menders)
                how    \(plain(entry.advice.remedy))

            """
        }.joined(separator: "\n")
    }

    /// The table of reasons in Markdown.
    public static var reasonTable: String { table(reasons, "reason") }

    /// The table of faults in Markdown.
    public static var faultTable: String { table(faults, "fault (`sessiongate_faults_total`)") }

    private static func table(_ entries: [Entry], _ title: String) -> String {
        let rows = entries.map { entry in
            "| `\(entry.code)` | \(entry.advice.meaning) | \(entry.menders) | \(entry.advice.remedy) |\n"
        }
        return "| \(title) | meaning | who mends it | what to do |\n|---|---|---|---|\n" + rows.joined()
    }

    /// Markdown without its links.
    private static func plain(_ markdown: String) -> String {
        markdown.replacing(/\[([^\]]*)\]\([^)]*\)/) { String($0.output.1) }
    }
}
