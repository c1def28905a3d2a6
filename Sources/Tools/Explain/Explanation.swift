// `sessiongate explain`: the way of one request through the check, for a person on a bad night.
//
// Secrets are not known here; signatures and tokens are shortened, so that what is printed can be pasted into a ticket.

import Service
import Sessions
import Bytes
import EnvoyProtocol

/// The explanation of one check.
public struct Explanation: Sendable {
    /// How a line is to be shown.
    public enum Style: Sendable, Equatable {
        /// A section's name.
        case heading
        /// Something that was found.
        case plain
        /// A check that held.
        case passed
        /// The check that failed.
        case failed
    }

    /// Lines with their style.
    public private(set) var lines: [(style: Style, text: String)] = []

    /// The explanation as text; with ANSI colours where `isColoured`.
    public func text(isColoured: Bool) -> String {
        lines.map { style, line in
            let text = printable(line)
            guard isColoured else { return text }
            switch style {
            case .heading: return "\u{1b}[1m\(text)\u{1b}[0m"
            case .plain: return text
            case .passed: return "\u{1b}[32m\(text)\u{1b}[0m"
            case .failed: return "\u{1b}[1;31m\(text)\u{1b}[0m"
            }
        }.joined(separator: "\n") + "\n"
    }

    init(
        _ request: Request, _ trace: Trace, cookie: PresentedCookie?, _ policy: Policy,
        _ result: Result<(settled: SettledDecision, response: [UInt8]), ReplayError>
    ) {
        section("Request") {
            guard !request.method.isEmpty || !request.host.isEmpty || !request.target.isEmpty else {
                return ["without method, host and path: attributes.request.http of the CheckRequest has none of them"]
            }
            return [
                "\(request.method.string) "
                    + "\(request.scheme.string)://\(Shown.host(request.host.string))\(Shown.target(request.target.string))",
                "from \(request.sourceAddress.string), id \(request.id.string)",
            ]
        }
        addTrace(trace)
        if let cookie { section("Session cookie of the request, as it says itself") { cookie.lines } }
        addChecks(trace)
        switch result {
        case .failure(let error):
            heading("Decision")
            lines.append((.failed, "  \(error.description)"))
        case .success(let (settled, response)):
            addNonce(settled)
            addDecision(settled.decision, policy)
            if let answer = try? response.withBytes({ try EnvoyCheckResponse(protobuf: $0) }) { addAnswer(answer) }
        }
    }

    /// Adds a line; a heading behind an empty one.
    mutating func append(_ style: Style, _ text: String) {
        if style == .heading, !lines.isEmpty { lines.append((.plain, "")) }
        lines.append((style, text))
    }

    private mutating func heading(_ text: String) { append(.heading, text) }

    private mutating func section(_ name: String, _ content: () -> [String]) {
        let content = content()
        guard !content.isEmpty else { return }
        heading(name)
        for line in content { lines.append((.plain, "  " + line)) }
    }

    // MARK: The way of the check

    private mutating func addTrace(_ trace: Trace) {
        section("Found") {
            trace.entries.compactMap { entry in
                if case .note(let name, let text) = entry { return "\(Self.padded(name, 12)) \(text)" }
                return nil
            }
        }
        let isPlaintext = trace.parameters.contains {
            $0.name == "oauth_signature_method" && $0.value.uppercased() == "PLAINTEXT"
        }
        func lines(where isWanted: (String) -> Bool) -> [String] {
            trace.parameters.filter { isWanted($0.name) }.map { parameter in
                let value = Shown.value(parameter.value, of: parameter.name, isPlaintext: isPlaintext)
                return "\(Self.padded(parameter.source, 13)) \(Shown.text(parameter.name)) = \(value)"
            }
        }
        section("Signed parameters") { lines { $0 != "oauth_signature" } }
        section("Signature") { lines { $0 == "oauth_signature" } }
        section("Base string") {
            trace.baseString.isEmpty ? [] : [Shown.baseString(String(decoding: trace.baseString, as: UTF8.self))]
        }
    }

    private mutating func addChecks(_ trace: Trace) {
        heading("Checks")
        for entry in trace.entries {
            guard case .check(let name, let holds) = entry else { continue }
            lines.append(holds ? (.passed, "  ok      \(name)") : (.failed, "  FAILED  \(name)"))
        }
    }

    // MARK: What comes of it

    /// The claim of the nonce is the last check: it is made when the decision is carried out.
    private mutating func addNonce(_ settled: SettledDecision) {
        guard settled.decision.claim != nil else { return }
        let isUsed = settled.decision.reason == .nonceUsed
        let name =
            settled.isRetry ? "nonce is new, or this is the proxy's retry of the same request" : "nonce is new"
        lines.append(isUsed ? (.failed, "  FAILED  \(name)") : (.passed, "  ok      \(name)"))
    }

    private mutating func addDecision(_ decision: Decision, _ policy: Policy) {
        heading("Decision")
        var text = "  \(decision.outcome.rawValue)"
        if let reason = decision.reason { text += ": \(reason.rawValue) (\(reason.errorCode)). \(reason.detail)" }
        if decision.outcome == .refused, decision.mode == .observe { text += " Let through: mode is observe." }
        lines.append((decision.outcome == .refused ? .failed : .plain, text))
        if let consumer = decision.refusedConsumer {
            lines.append(
                (.plain, "  consumer   \(consumer.name) (\(consumer.key.withBytes { $0.string })), registered"))
        }
        guard let identity = decision.identity else { return }
        lines.append((.plain, "  session    \(identity.type.rawValue)"))
        lines.append((.plain, "  acts as    \(decision.actsAs.rawValue)"))
        if let id = identity.userID {
            lines.append((.plain, "  user       \(identity.userName) (\(id)), \(identity.subject(policy) ?? "")"))
        }
        if let consumer = identity.consumer {
            lines.append((.plain, "  consumer   \(consumer.name) (\(consumer.key.withBytes { $0.string }))"))
        }
        lines.append((.plain, "  grants     \(identity.grants.joined(separator: ", "))"))
        lines.append((.plain, "  class      \(identity.rateLimitClass ?? "none")"))
        lines.append((.plain, "  limit key  \(identity.rateLimitKey(policy) ?? "none")"))
        lines.append((.plain, "  cookie     \(decision.cookie.rawValue)"))
    }

    private mutating func addAnswer(_ answer: EnvoyCheckResponse) {
        if let ok = answer.ok {
            section("Request headers for the upstream") {
                ok.headers.map { "set     \($0.header.key): \(Shown.header($0.header.key, $0.header.value))" }
                    + ok.headersToRemove.map { "remove  \($0)" }
            }
            section("Response headers for the client") {
                ok.responseHeadersToAdd.map {
                    "add     \($0.header.key): \(Shown.header($0.header.key, $0.header.value))"
                }
            }
        }
        if let denied = answer.denied {
            section("Response for the client") {
                ["\(denied.status.code.rawValue)"] + denied.headers.map { "\($0.header.key): \($0.header.value)" } + [
                    denied.body
                ]
            }
        }
        section("Metadata for the edge") {
            guard let metadata = answer.metadata else { return [] }
            return String(decoding: metadata.pretty, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    // MARK: Wording

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Replay {
    /// Explains the check of a request in proto3 JSON. Throws a sentence when it is no request.
    public func explain(_ json: Bytes) throws(ReplayError) -> Explanation {
        let message = try transcoded(json)
        return try message.withBytes { (message) throws(ReplayError) in try explain(message: message) }
    }

    /// Explains the check of an encoded CheckRequest. Throws a sentence when it is none.
    public func explain(message: Bytes) throws(ReplayError) -> Explanation {
        let check = try decoded(message)
        defer { withExtendedLifetime(check) {} }
        let now = try time(of: message)
        let trace = Trace()
        let request = check.request
        let cookie = PresentedCookie(in: request, settings: policy.settings.cookie, at: now)
        do throws(ReplayError) {
            let settled = try settle(request, at: now, trace: trace)
            let response = response(settled, request)
            return Explanation(request, trace, cookie: cookie, policy, .success((settled, response)))
        } catch {
            return Explanation(request, trace, cookie: cookie, policy, .failure(error))
        }
    }

    /// Explains every document of the input in order; the rest as ``run(input:output:complain:)``.
    public func runExplaining(
        input: @escaping () -> [UInt8]?, output: (Explanation) -> Void, complain: (_ line: Int, ReplayError) -> Void
    ) -> Bool {
        var documents = DocumentReader(nextChunk: input)
        var isClean = true
        while let document = documents.next() {
            do throws(ReplayError) {
                output(try document.text.withBytes { (text) throws(ReplayError) in try explain(text) })
            } catch {
                isClean = false
                complain(document.line, error)
            }
        }
        return isClean
    }
}
