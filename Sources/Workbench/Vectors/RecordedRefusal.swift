// What MediaWiki answered to a request that it refused.

import Bytes

/// The status of a recorded refusal, and its text where the answer was an error of an API.
struct RecordedRefusal {
    let status: Int64
    let text: String?

    /// Reads a verdict.
    init(_ verdict: JSON) throws {
        guard let status = verdict["http_status"]?.integerValue else { throw Unreplayable("no http_status") }
        self.status = status
        let text = verdict["error_info"]?.stringValue
        // The REST API has texts by language.
        let isREST = verdict["verdict"]?.stringValue == "rest-error"
        self.text = isREST ? try text.map { try JSON(parsing: $0)["en"]?.stringValue ?? "" } : text
    }

    /// In one line.
    var summary: String { "\(status)" + (text.map { " \($0)" } ?? "") }
}

extension Checker.Outcome {
    /// The answer's status, and its text where `recorded` has one.
    func refusalSummary(like recorded: RecordedRefusal) -> String {
        guard let denied = response.denied else { return "let through" }
        let body = (try? JSON(parsing: denied.body)) ?? .null
        let errors = body["errors"]?.elements?.first
        let text =
            body["error"]?["info"] ?? errors?["text"] ?? errors?["*"] ?? errors?["html"]
            ?? body["messageTranslations"]?["en"]
        return "\(denied.status.code.rawValue)" + (recorded.text == nil ? "" : " \(text?.stringValue ?? "no text")")
    }
}
