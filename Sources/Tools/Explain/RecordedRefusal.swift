// The explanation of a request that a running server has refused and kept. Its credentials are masked, so what the server found about
// their signatures counts; everything else is checked anew.

import Bytes
import EnvoyProtocol
import Service
import Sessions
import Telemetry

/// A refused request that was kept, as the admin listener tells it.
public struct RecordedRefusal: Sendable {
    /// When it was refused, RFC 3339.
    public let time: String
    /// What it was refused for.
    public let reason: Reason
    /// The CheckRequest, encoded.
    let message: [UInt8]

    /// The refusal in an answer of `/v1/refusals?request_id=…`.
    /// - Throws: What is wrong with the answer.
    public init(json text: [UInt8]) throws(ReplayError) {
        guard let json = try? JSON(parsing: text), let request = json["request"],
            let reason = json["reason"]?.stringValue.flatMap({ Reason(rawValue: $0) }),
            let time = json["time"]?.stringValue,
            let message = try? request.compact.withBytes({ try CheckRequestJSON.transcode($0) })
        else { throw ReplayError(description: "the server's answer is not a refused request of this version") }
        self.time = time
        self.reason = reason
        self.message = message
    }
}

extension Replay {
    /// Explains a refused request that was kept, at the time when it was made.
    /// - Throws: A sentence when it can't be.
    public func explain(_ recorded: RecordedRefusal) throws(ReplayError) -> Explanation {
        self.recorded = recorded.reason
        defer { self.recorded = nil }
        var explanation = try recorded.message.withBytes { (message) throws(ReplayError) in
            try explain(message: message)
        }
        explanation.addRecord(recorded)
        return explanation
    }
}

extension Explanation {
    /// What the server had found.
    fileprivate mutating func addRecord(_ recorded: RecordedRefusal) {
        let advice = recorded.reason.advice
        append(.heading, "What the server found")
        append(.failed, "  \(recorded.time)  refused: \(recorded.reason.rawValue). \(recorded.reason.detail)")
        append(.plain, "  meaning   \(advice.meaning)")
        append(.plain, "  mends it  \(advice.menders.map(\.rawValue).joined(separator: ", "))")
        append(.plain, "  how       \(advice.remedy)")
        append(
            .plain,
            "  Its credentials are masked: what is said above about signatures is what the server found then. Rows are those of now."
        )
    }
}
