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
    /// An `Authorization: CentralAuthToken …` header, or a `centralauthtoken` in the query.
    case centralAuth([UInt8])
    /// OAuth credentials for something that never looks at them: the request is anonymous.
    case ignored
    /// OAuth credentials outside the API.
    case misplaced

    /// For people.
    var description: String {
        switch self {
        case .none: "none in the Authorization header"
        case .oauth1: "OAuth 1.0a (Authorization: OAuth …)"
        case .bearer: "OAuth 2 access token (Authorization: Bearer …)"
        case .centralAuth: "CentralAuth token"
        case .ignored: "OAuth, for an entry point that ignores it"
        case .misplaced: "OAuth, outside the API"
        }
    }
}

extension Check {
    /// The credential that `request` carries.
    func findCredential(
        in request: Request, _ target: RequestTarget, _ scratch: inout Scratch
    ) -> Credential {
        var credential = Credential.none
        if let header = request.authorization?.trimmed {
            let isOAuth =
                settings.oauth1.compatibility == .mediawiki
                ? header.starts(with: "OAuth ") : header.prefix(6).equalsIgnoringCase("oauth ")
            if isOAuth {
                credential = .oauth1(header: header)
            } else if header.starts(with: "Bearer") {
                credential = .bearer(header: header)
            } else if header.starts(with: "CentralAuthToken ") {
                credential = .centralAuth(header.dropFirst(17).trimmed.array)
            }
        }
        if case .none = credential, let token = Self.centralAuthParameter(of: target) {
            credential = .centralAuth(token)
        }
        if case .none = credential { return .none }
        switch (scratch.entryPoint(of: target, policy), credential) {
        case (.action, _), (.other, _): return credential
        // CentralAuth looks at its tokens at the API only; elsewhere the cookie decides.
        case (_, .centralAuth): return .none
        case (.ignored, _): return .ignored
        case (.refused, _): return .misplaced
        }
    }

    /// The `centralauthtoken` in the query.
    private static func centralAuthParameter(of target: RequestTarget) -> [UInt8]? {
        target.queryValue("centralauthtoken").flatMap { $0.isEmpty ? nil : $0 }
    }
}
