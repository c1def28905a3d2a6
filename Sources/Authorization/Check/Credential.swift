// Which credential a request carries: only the Authorization header selects OAuth, by exact prefix.

import Wire

/// What identifies a request.
enum Credential {
    /// No OAuth; the session cookie may identify the user.
    case none
    /// An `Authorization: OAuth …` header.
    case oauth1(header: Bytes, target: RequestTarget)
    /// An `Authorization: Bearer…` header.
    case bearer(header: Bytes)
    /// An `Authorization: CentralAuthToken …` header, or a `centralauthtoken` in the query.
    case centralAuth([UInt8])
    /// OAuth credentials for something that never looks at them: the request is anonymous.
    case ignored
    /// OAuth credentials outside the API.
    case misplaced

    static func find(in request: CheckRequest, settings: Settings) -> Credential {
        let target = RequestTarget(request.path)
        var credential = Credential.none
        if let header = request.authorization.map(trimmed) {
            let isOAuth =
                settings.oauth1.compatibility == .mediawiki
                ? header.starts(with: "OAuth ") : header.prefix(6).lowercasedEquals("oauth ")
            if isOAuth {
                credential = .oauth1(header: header, target: target)
            } else if header.starts(with: "Bearer") {
                credential = .bearer(header: header)
            } else if header.starts(with: "CentralAuthToken ") {
                credential = .centralAuth(trimmed(header.dropFirst(17)).array)
            }
        }
        if case .none = credential, let token = centralAuthParameter(of: target) { credential = .centralAuth(token) }
        if case .none = credential { return .none }
        switch (EntryPoint(target, request, settings.entryPoints), credential) {
        case (.api, _): return credential
        // CentralAuth looks at its tokens at the API only; elsewhere the cookie decides.
        case (_, .centralAuth): return .none
        case (.ignored, _): return .ignored
        case (.refused, _): return .misplaced
        }
    }

    /// The `centralauthtoken` in the query.
    private static func centralAuthParameter(of target: RequestTarget) -> [UInt8]? {
        guard target.query.count > "centralauthtoken=".utf8.count else { return nil }
        return target.queryValue("centralauthtoken").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Without white space around it, as servers hand it on.
    private static func trimmed(_ value: Bytes) -> Bytes {
        var start = 0
        var end = value.count
        while start < end, value[start] == 0x20 || value[start] == 0x09 { start += 1 }
        while end > start, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
        return value[start..<end]
    }

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

/// What a path leads to: OAuth credentials count at the API only.
private enum EntryPoint {
    case api
    case ignored
    case refused

    /// Web servers decide about the decoded path; only signatures are about the path as it was sent.
    init(_ target: RequestTarget, _ request: CheckRequest, _ settings: EntryPointSettings) {
        guard target.hasValidEscapes else {
            self = .ignored
            return
        }
        var path: [UInt8] = []
        Percent.decode(target.path, into: &path)
        let title = path.withBytes { settings.articleTitle($0) }
        if let title {
            self = title.withBytes(Self.isSpecialOAuth) ? .ignored : .refused
        } else {
            self = path.withBytes { Self.script($0, target, settings) }
        }
    }

    /// By the first `.php` of the path, which is what runs; the rest is its path info.
    private static func script(_ path: Bytes, _ target: RequestTarget, _ settings: EntryPointSettings) -> EntryPoint {
        let script = path.prefix(scriptEnd(path) ?? path.count)
        // api.php with path info is redirected before MediaWiki looks at credentials.
        let isRedirected = script.count < path.count && script.ends(with: "/api.php")
        if isRedirected || settings.ignored.contains(where: { script.ends(with: $0) }) { return .ignored }
        guard settings.refused.contains(where: { script.ends(with: $0) }) else { return .api }
        // Special:OAuth reads the header itself.
        return (target.queryValue("title") ?? []).withBytes(isSpecialOAuth) ? .ignored : .refused
    }

    private static func scriptEnd(_ path: Bytes) -> Int? {
        var start = 0
        while start < path.count {
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
            if path[start..<end].ends(with: ".php") { return end }
            start = end + 1
        }
        return nil
    }

    /// Whether `title` is a page of Special:OAuth, in any spelling of the title.
    private static func isSpecialOAuth(_ title: Bytes) -> Bool {
        var name: [UInt8] = []
        for byte in title.buffer where byte != UInt8(ascii: "_") && byte != UInt8(ascii: " ") {
            if byte == UInt8(ascii: "/") { break }
            name.append(lowercased(byte))
        }
        return name.elementsEqual("special:oauth".utf8) || name.elementsEqual("special:mwoauth".utf8)
    }
}

extension EntryPointSettings {
    /// The title in an article path; nil for other paths.
    fileprivate func articleTitle(_ path: Bytes) -> [UInt8]? {
        refusedPrefixes.first { path.starts(with: $0) }.map { path.dropFirst($0.utf8.count).array }
    }
}

extension Bytes {
    func ends(with text: String) -> Bool {
        count >= text.utf8.count && dropFirst(count - text.utf8.count).buffer.elementsEqual(text.utf8)
    }

    func starts(with text: String) -> Bool {
        count >= text.utf8.count && prefix(text.utf8.count).buffer.elementsEqual(text.utf8)
    }
}
