// Which credential a request carries: only the Authorization header selects OAuth, by exact prefix.

import Bytes

/// What identifies a request.
enum Credential {
    /// No OAuth; the session cookie may identify the user.
    case none
    /// An `Authorization: OAuth …` header.
    case oauth1(header: Bytes)
    /// An `Authorization: Bearer…` header.
    case bearer(header: Bytes)
    /// An `Authorization: CentralAuthToken …` header, or a `centralauthtoken` in query or form.
    case centralAuth([UInt8])
    /// OAuth credentials outside the API.
    case misplaced

    /// For people.
    var description: String {
        switch self {
        case .none: "none in the Authorization header"
        case .oauth1: "OAuth 1.0a (Authorization: OAuth …)"
        case .bearer: "OAuth 2 access token (Authorization: Bearer …)"
        case .centralAuth: "CentralAuth token"
        case .misplaced: "OAuth, outside the API"
        }
    }
}

extension Check {
    /// The credential that `request` carries.
    func findCredential(
        in request: Request, _ target: RequestTarget, _ route: Route, _ scratch: inout Scratch
    ) throws(Halt) -> Credential {
        guard let credential = headerCredential(of: request) else {
            // A parameter of the action API, and of nothing else; most requests have no reason to be searched for it.
            guard settings.users.source == .centralAuth else { return .none }
            let variables = try apiVariables(of: request, target, route, &scratch) {
                Workload(forClientAt: clientAddress(of: request), bytes: $0)
            }
            guard let token = variables.centralAuthToken else { return .none }
            let entryPoint = scratch.entryPoint(of: request, target, policy)
            return entryPoint == .action || entryPoint == .unknown ? .centralAuth(token) : .none
        }
        switch (scratch.entryPoint(of: request, target, policy), credential) {
        case (.action, _), (.rest, _), (.other, _), (.unknown, _): return credential
        // CentralAuth looks at its tokens at the API only; elsewhere the cookie decides.
        case (_, .centralAuth): return .none
        case (.ignored, _): return credential
        case (.refused, _): return .misplaced
        }
    }

    private func headerCredential(of request: Request) -> Credential? {
        guard let header = request.authorization?.trimmed else { return nil }
        if settings.oauth1.isCredential(header) { return .oauth1(header: header) }
        if header.starts(with: "Bearer") { return .bearer(header: header) }
        return Self.centralAuthToken(inHeader: header).map { .centralAuth($0) }
    }

    /// MediaWiki's pattern: `^CentralAuthToken\s+(\S+)`, in any case.
    private static func centralAuthToken(inHeader header: Bytes) -> [UInt8]? {
        guard header.prefix(16).equalsIgnoringCase("centralauthtoken"), let separator = header.dropFirst(16).first,
            PHP.isSpace(separator)
        else { return nil }
        var token = header.dropFirst(16)
        while let first = token.first, PHP.isSpace(first) { token = token.dropFirst(1) }
        let end = token.buffer.firstIndex(where: PHP.isSpace) ?? token.count
        return end == 0 ? nil : token.prefix(end).array
    }
}
