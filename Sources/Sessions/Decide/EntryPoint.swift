// What a path leads to: OAuth credentials count at the API only.

import Bytes

/// The part of MediaWiki behind a path.
enum EntryPoint {
    /// The action API.
    case action
    /// Anything else that may look at OAuth credentials: the REST API, entry points of an extension.
    case other
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

    init(_ settings: EntryPointSettings) {
        refused = settings.refused.map { Array($0.utf8) }
        refusedPrefixes = settings.refusedPrefixes.map { Array($0.utf8) }
        ignored = settings.ignored.map { Array($0.utf8) }
    }

    /// The entry point of `target`. Web servers decide about the decoded path without dot segments and doubled slashes; only
    /// signatures are about the path as it was sent.
    func find(_ target: RequestTarget) -> EntryPoint {
        if Self.isPlain(target.path) { return find(target, path: target.path) }
        // Some servers answer 400 to what is no escape, others run what the rest leads to: credentials count, and are not refused.
        guard target.hasValidEscapes else { return .ignored }
        var path: [UInt8] = []
        Percent.decode(target.path, into: &path)
        return path.withBytes(Self.withoutDotSegments).withBytes { find(target, path: $0) }
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

    private func find(_ target: RequestTarget, path: Bytes) -> EntryPoint {
        for prefix in refusedPrefixes {
            if path.starts(with: prefix) {
                return Self.isSpecialOAuth(path.dropFirst(prefix.count)) ? .ignored : .refused
            }
            // The article path without its slash is redirected to the main page.
            if path.count + 1 == prefix.count, prefix.withBytes({ $0.prefix(path.count) == path }) { return .refused }
        }
        // The first `.php` of the path is what runs; the rest is its path info.
        let script = path.prefix(Self.scriptEnd(path) ?? path.count)
        if ignored.contains(where: { script.ends(with: $0) }) { return .ignored }
        let isRefused =
            refused.contains { script.ends(with: $0) }
            || Self.isRoot(path) && refused.contains { $0.elementsEqual("/index.php".utf8) }
        guard isRefused else { return script.ends(with: Bytes("/api.php")) ? .action : .other }
        // Special:OAuth reads the header itself.
        return (target.queryValue("title") ?? []).withBytes(Self.isSpecialOAuth) ? .ignored : .refused
    }

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

    /// Whether `title` is a page of Special:OAuth, in any spelling of the title.
    private static func isSpecialOAuth(_ title: Bytes) -> Bool {
        var name: [UInt8] = []
        for byte in title.buffer where byte != UInt8(ascii: "_") && byte != UInt8(ascii: " ") {
            if byte == UInt8(ascii: "/") { break }
            name.append(byte.asciiLowercased)
        }
        return name.elementsEqual("special:oauth".utf8) || name.elementsEqual("special:mwoauth".utf8)
    }
}
