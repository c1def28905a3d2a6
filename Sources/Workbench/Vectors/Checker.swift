// One check from message to answer, with lookups resolved on the spot.

import Sessions
import Bytes
import EnvoyProtocol

/// Checks encoded requests against a gate, fetching what is missing as it goes.
struct Checker {
    let gate: Gate
    let directory: any Directory

    /// What came of a check.
    struct Outcome {
        var verdict: Verdict
        var response: EnvoyCheckResponse
        var baseString: String
    }

    func check(_ message: [UInt8], at now: Timestamp) throws -> Outcome {
        let authorizer = Authorizer(gate: gate)
        let loader = Loader(gate: gate, directory: directory)
        for _ in 0..<Authorizer.mostRounds {
            var response: [UInt8] = []
            let step = try message.withBytes { bytes in
                authorizer.check(try CheckRequest(protobuf: bytes), at: now, into: &response)
            }
            switch step {
            case .needs(let lookup): try loader.load(lookup, at: now)
            case .failed(let fault): throw Unreplayable("no verdict is possible: \(fault.rawValue)")
            case .answered(let verdict):
                let base = try message.withBytes { authorizer.baseString(of: try CheckRequest(protobuf: $0)) }
                return Outcome(
                    verdict: verdict, response: try response.withBytes { try EnvoyCheckResponse(protobuf: $0) },
                    baseString: String(decoding: base ?? [], as: UTF8.self))
            }
        }
        throw Unreplayable("no verdict is possible: \(Fault.unresolved.rawValue)")
    }
}

extension Checker.Outcome {
    /// The verdict in one line, in the words of the recorded one that it is compared with.
    func summary(expecting recorded: JSON) -> String {
        let kind = recorded["oauth_verdict"]?.stringValue
        switch verdict.outcome {
        case .authenticated:
            if kind == "not-oauth", verdict.identity?.type == .cookie { return "not OAuth" }
            return verdict.identity?.user.map { "accepted as \($0.name)" } ?? "accepted without a user"
        case .anonymous: return "not OAuth"
        case .refused:
            if kind == "fatal" { return "refused" }
            let reason = verdict.reason
            let code = reason.map { "\($0.errorCode)" } ?? "?"
            return kind == "rejected" ? "refused \(code)" : "refused \(code) (\(reason?.rawValue ?? "?"))"
        }
    }

    /// The Set-Cookie of the answer in one line.
    var cookieSummary: String {
        let cookies = response.ok?.responseHeadersToAdd.filter { $0.header.key == "set-cookie" } ?? []
        guard let header = cookies.first?.header, cookies.count == 1 else {
            return cookies.isEmpty ? "no cookie" : "several"
        }
        let pair = header.value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
        let segments = pair.last?.split(separator: ".") ?? []
        var payload: [UInt8] = []
        guard pair.count == 2, segments.count == 3,
            Array(segments[1].utf8).withBytes({ Base64.decodeURL($0, into: &payload) })
        else {
            return "not a JWT"
        }
        return CookieSummary.line(name: String(pair[0]), payload: String(decoding: payload, as: UTF8.self))
    }
}
