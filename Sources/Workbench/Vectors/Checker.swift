// One check from message to answer, with lookups resolved on the spot.

import Sessions
import Bytes
import EnvoyProtocol

/// Checks encoded requests, and looks up what is missing as it goes.
struct Checker {
    let policy: Policy
    let memory: Memory
    let directory: any Directory

    /// What came of a check.
    struct Outcome {
        var decision: Decision
        var response: EnvoyCheckResponse
        var baseString: String
    }

    func check(_ message: [UInt8], at now: Timestamp) throws -> Outcome {
        var scratch = Scratch()
        let loader = Loader(policy, memory, directory)
        let found = try message.withBytes { bytes in
            try policy.withRequest(bytes) { request -> Result<(Decision, [UInt8], [UInt8]), Fault> in
                do throws(Fault) {
                    let settled = try settle(request, policy, memory, loader, at: now, &scratch)
                    var response: [UInt8] = []
                    CheckResponseWriter.write(settled, to: request, policy, into: &response)
                    let base = signatureBaseString(of: request, policy, memory, &scratch)
                    return .success((settled.decision, response, base ?? []))
                } catch { return .failure(error) }
            }
        }
        switch found {
        case .failure(let fault): throw Unreplayable("no decision is possible: \(fault.rawValue)")
        case .success((let decision, let response, let base)):
            return Outcome(
                decision: decision, response: try response.withBytes { try EnvoyCheckResponse(protobuf: $0) },
                baseString: String(decoding: base, as: UTF8.self))
        }
    }
}

extension Checker.Outcome {
    /// The decision in one line, in the words of the recorded one that it is compared with.
    func summary(expecting recorded: JSON) -> String {
        let kind = recorded["oauth_verdict"]?.stringValue
        switch decision.outcome {
        case .authenticated:
            // MediaWiki did not look at the credentials, which count on limits here.
            if kind == "not-oauth", decision.identity?.type == .cookie || decision.actsAs == .anonymous {
                return "not OAuth"
            }
            guard let identity = decision.identity, identity.userID != nil else { return "accepted without a user" }
            return "accepted as \(identity.userName)"
        case .anonymous: return "not OAuth"
        case .refused:
            if kind == "fatal" { return "refused" }
            let reason = decision.reason
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
