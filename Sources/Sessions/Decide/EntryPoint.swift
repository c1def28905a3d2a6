// What a path leads to: OAuth credentials count at the API only.

import Bytes

/// The part of MediaWiki behind a path.
enum EntryPoint {
    /// The action API.
    case action
    /// The REST API.
    case rest
    /// Anything else that may look at OAuth credentials: entry points of an extension.
    case other
    /// Not known to be MediaWiki: a file, another service, or the REST API at a path of the operator's. Valid credentials count as
    /// at the API; invalid ones are not refused, since MediaWiki refuses in a hook that only its own entry points run.
    case unknown
    /// Never looks at them.
    case ignored
    /// Refuses them.
    case refused
}

/// MediaWiki's entry points by path, as bytes.
struct EntryPoints: Sendable {
    private let refused: [[UInt8]]
    private let refusedPrefixes: [[UInt8]]
    private let ignored: [[UInt8]]
    private let articlePrefixes: [[UInt8]]
    private let restPrefixes: [[UInt8]]
    private let specialOAuth: SpecialOAuth
    /// What pages do with OAuth credentials, but for Special:OAuth.
    private let page: EntryPoint

    /// Bytes of a form in which `title` is looked for. The forms of a handshake are short.
    private static let maxFormBytes = 65_536

    init(_ settings: EntryPointSettings, _ rules: VersionRules = VersionRules()) {
        page = rules.refusesOutsideAPI ? .refused : .ignored
        refused = settings.refused.map { Array($0.utf8) }
        refusedPrefixes = settings.refusedPrefixes.map { Array($0.utf8) }
        ignored = settings.ignored.map { Array($0.utf8) }
        // MediaWiki takes the path that says most.
        articlePrefixes = settings.articlePaths.map { Array(($0.hasSuffix("$1") ? $0.dropLast(2) : $0[...]).utf8) }
            .sorted { $0.count > $1.count }
        restPrefixes = settings.restPrefixes.map { Array($0.utf8) }
        specialOAuth = SpecialOAuth(namespaces: settings.specialNames, pages: settings.oauthPageNames)
    }

    /// The entry point of `request`, whose target is `target`. Web servers decide about the decoded path without dot segments and
    /// doubled slashes; only signatures are about the path as it was sent.
    func find(_ target: RequestTarget, of request: Request) -> EntryPoint {
        if Self.isPlain(target.path) { return find(target, request, path: target.path) }
        var path: [UInt8] = []
        Percent.decode(target.path, into: &path)
        let found = path.withBytes(Self.withoutDotSegments).withBytes { find(target, request, path: $0) }
        // Some servers answer 400 to what is no escape, others run what the rest leads to.
        return found == .ignored || target.hasValidEscapes ? found : .unknown
    }

    /// Whether `path` is spelled as web servers spell it to themselves.
    private static func isPlain(_ path: Bytes) -> Bool {
        if path.firstIndex(of: UInt8(ascii: "%")) != nil { return false }
        var slash = path.firstIndex(of: UInt8(ascii: "/"))
        while let at = slash, at + 1 < path.count {
            if path[at + 1] == UInt8(ascii: ".") || path[at + 1] == UInt8(ascii: "/") { return false }
            slash = path.firstIndex(of: UInt8(ascii: "/"), from: at + 1)
        }
        return true
    }

    /// RFC 3986 section 5.2.4, with runs of slashes taken for one, as nginx and Apache do before they choose what runs.
    private static func withoutDotSegments(_ path: Bytes) -> [UInt8] {
        var result: [UInt8] = []
        var start = 0
        while start < path.count {
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
            let segment = path[start..<end]
            let isLast = end == path.count
            start = end + 1
            if segment == ".." {
                result.removeLast(result.count - (result.lastIndex(of: UInt8(ascii: "/")) ?? 0))
            } else if !segment.isEmpty, !(segment == ".") {
                result.append(UInt8(ascii: "/"))
                result.append(segment)
                if isLast { return result }
            }
        }
        return result + [UInt8(ascii: "/")]
    }

    private func find(_ target: RequestTarget, _ request: Request, path: Bytes) -> EntryPoint {
        for prefix in refusedPrefixes {
            if let title = Self.title(in: path, under: prefix) { return article(title) }
        }
        // The first `.php` of the path is what runs; the rest is its path info.
        guard let scriptEnd = Self.scriptEnd(path) else { return findWithoutScript(target, request, path) }
        let script = path.prefix(scriptEnd)
        let pathInfo = path.dropFirst(scriptEnd)
        if ignored.contains(where: { script.ends(with: $0) }) { return .ignored }
        if refused.contains(where: { script.ends(with: $0) }) {
            return pathInfo.isEmpty ? article(titleParameter(target, request)) : article(pathInfo.dropFirst(1))
        }
        if script.ends(with: Bytes("/api.php")) { return .action }
        return script.ends(with: Bytes("/rest.php")) ? .rest : findUnknownScript(path)
    }

    /// A page may be called like a script. Where the article path is the root, any script may be meant: it is taken for one.
    private func findUnknownScript(_ path: Bytes) -> EntryPoint {
        for prefix in articlePrefixes {
            guard let title = Self.title(in: path, under: prefix) else { continue }
            let found = article(title)
            if prefix.count > 1 || found == .ignored { return found }
        }
        return .other
    }

    private func findWithoutScript(_ target: RequestTarget, _ request: Request, _ path: Bytes) -> EntryPoint {
        // What is no path at all is not taken for a file.
        if path.first != UInt8(ascii: "/") { return .other }
        if restPrefixes.contains(where: { path.starts(with: $0) }) { return .rest }
        for prefix in articlePrefixes {
            if let title = Self.title(in: path, under: prefix) { return article(title) }
        }
        if Self.isRoot(path), refused.contains(where: { $0.elementsEqual("/index.php".utf8) }) {
            return article(titleParameter(target, request))
        }
        return .unknown
    }

    /// The title in an article path that begins with `prefix`; nil in another path. In MediaWiki it outranks the parameter `title`.
    private static func title(in path: Bytes, under prefix: [UInt8]) -> Bytes? {
        if path.starts(with: prefix) { return path.dropFirst(prefix.count) }
        // The article path without its slash is redirected to the main page.
        let isBare = path.count + 1 == prefix.count && prefix.last == UInt8(ascii: "/")
        return isBare && prefix.withBytes { $0.prefix(path.count) == path } ? .empty : nil
    }

    /// The parameter `title`: in PHP the form's hides the query's, even when it is an array, which is no title.
    private func titleParameter(_ target: RequestTarget, _ request: Request) -> [UInt8] {
        let title = PHPVariable("title")
        let form = title.found(in: request.postForm.prefix(Self.maxFormBytes)).value
        guard case .text(let text) = form ?? title.found(in: target.query).value else { return [] }
        return text
    }

    /// Special:OAuth reads the header itself; other pages refuse it, or did not look at it before MediaWiki 1.41.
    private func article(_ title: [UInt8]) -> EntryPoint { title.withBytes { article($0) } }

    private func article(_ title: Bytes) -> EntryPoint { specialOAuth.contains(title.buffer) ? .ignored : page }

    /// The root, or a folder in it such as `/w/`: what runs there is index.php.
    private static func isRoot(_ path: Bytes) -> Bool {
        (path.firstIndex(of: UInt8(ascii: "/"), from: 1) ?? 0) + 1 == path.count && path.first == UInt8(ascii: "/")
    }

    private static func scriptEnd(_ path: Bytes) -> Int? {
        var start = 0
        while start < path.count {
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
            if path[start..<end].ends(with: Bytes(".php")) { return end }
            start = end + 1
        }
        return nil
    }
}
