// Whether an answer is what its kind of request must get.

import Bytes
import EnvoyProtocol

/// Judges answers.
struct AnswerCheck {
    /// What is looked at.
    enum Scope: Sendable {
        /// Status 200, and nothing else: for any server.
        case status
        /// The verdict in a CheckResponse.
        case verdict
        /// What a proxy made of the verdict.
        case proxied
    }

    let scope: Scope
    private var payload: [UInt8] = []

    init(_ scope: Scope) { self.scope = scope }

    /// What is wrong with the answer to a call; nil when nothing is.
    mutating func fault(of call: LoadCall) -> String? {
        let status = scope == .proxied ? call.kind.status : 200
        if call.status != status { return "status \(call.status) instead of \(status)" }
        if let code = call.grpcStatus, code != 0 { return "gRPC status \(code)" }
        switch scope {
        case .status: return nil
        case .proxied:
            let isSet = call.kind.cookieAction.is("set")
            if !isSet { return call.setCookie.isEmpty ? nil : "a session cookie was set" }
            return call.setCookie.withBytes { cookieFault($0, of: call) }
        case .verdict:
            guard call.grpcStatus == 0 else { return "no gRPC status" }
            return call.body.withBytes { verdictFault($0, of: call) }
        }
    }

    private mutating func verdictFault(_ body: Bytes, of call: LoadCall) -> String? {
        guard let frame = GRPCFrame(body), !frame.isCompressed, frame.length == body.count - GRPCFrame.prefixLength,
            let answer = try? CheckAnswer(body.dropFirst(GRPCFrame.prefixLength))
        else { return "no CheckResponse" }
        guard answer.outcome == call.kind.outcome else {
            return "\(answer.outcome.string) (\(answer.reason.string)) instead of \(call.kind.outcome)"
        }
        if call.kind.outcome.is("authenticated"), !isUser(answer.userID, call.user) {
            return "user '\(answer.userID.string)'"
        }
        guard answer.cookie == call.kind.cookieAction else {
            return "cookie '\(answer.cookie.string)' instead of '\(call.kind.cookieAction)'"
        }
        if call.kind.cookieAction.is("set") { return cookieFault(answer.setCookie, of: call) }
        return answer.setCookie.isEmpty ? nil : "Set-Cookie besides cookie '\(call.kind.cookieAction)'"
    }

    /// The cookie must be a session of the user.
    private mutating func cookieFault(_ cookie: Bytes, of call: LoadCall) -> String? {
        guard cookie.starts(with: "sessionJwt="), let dot = cookie.firstIndex(of: UInt8(ascii: ".")),
            let end = cookie.firstIndex(of: UInt8(ascii: "."), from: dot + 1)
        else { return "no session cookie was set" }
        payload.removeAll(keepingCapacity: true)
        guard Base64.decodeURL(cookie[dot + 1..<end], into: &payload),
            let claims = try? JSON(parsing: payload), claims["sub"]?.stringValue == Farm.subjectPrefix + "\(call.user)"
        else { return "a session cookie of somebody else was set" }
        return nil
    }

    private func isUser(_ text: Bytes, _ user: Int) -> Bool {
        text.buffer.reduce(0) { $0 &* 10 &+ Int($1) - 48 } == user && !text.isEmpty
    }
}

extension StaticString {
    fileprivate func `is`(_ other: StaticString) -> Bool { Bytes(self) == other }
}
