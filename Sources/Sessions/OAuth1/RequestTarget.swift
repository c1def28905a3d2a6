// The request's target as MediaWiki sees it, and the URL part of the base string.
//
// MediaWiki signs over its own server's name, not the Host header; the path is signed as it was received. Only what
// `WebRequest::getRequestURL` and `parse_url` do to it is done here.

import Bytes

/// A request's path and query, split but not decoded.
struct RequestTarget {
    /// The path, as received; of leading slashes the last one.
    let path: Bytes
    /// What stands behind the first `?`, without a fragment; empty when there is none.
    let query: Bytes

    /// Splits `target`, which is a path with a query, or a whole URL.
    init(_ target: Bytes) {
        let visible = target.prefix(target.firstIndex(of: UInt8(ascii: "#")) ?? target.count)
        var path = visible.prefix(visible.firstIndex(of: UInt8(ascii: "?")) ?? visible.count)
        query = visible.dropFirst(path.count + 1)
        if path.first != UInt8(ascii: "/"), let afterAuthority = Self.pathStart(ofAbsolute: path) {
            path = path.dropFirst(afterAuthority)
        }
        var slashes = 0
        while slashes + 1 < path.count, path[slashes] == UInt8(ascii: "/"), path[slashes + 1] == UInt8(ascii: "/") {
            slashes += 1
        }
        self.path = path.dropFirst(slashes)
    }

    /// Where the path of `scheme://authority/…` begins.
    private static func pathStart(ofAbsolute url: Bytes) -> Int? {
        guard let colon = url.firstIndex(of: UInt8(ascii: ":")), url.dropFirst(colon).starts(with: "://") else {
            return nil
        }
        return url.firstIndex(of: UInt8(ascii: "/"), from: colon + 3)
    }

    /// Whether each `%` of the path begins an escape.
    var hasValidEscapes: Bool {
        var index = 0
        while let escape = path.firstIndex(of: UInt8(ascii: "%"), from: index) {
            guard escape + 2 < path.count, path[escape + 1].isASCIIHexadecimal, path[escape + 2].isASCIIHexadecimal
            else {
                return false
            }
            index = escape + 3
        }
        return true
    }

    /// Appends the path as the base string has it: `parse_url` turns control bytes into `_`.
    func appendSigned(into text: inout [UInt8]) {
        let clean = !path.buffer.contains { $0 < 0x20 || $0 == 0x7f }
        if clean { return Percent.encode(path, into: &text) }
        path.buffer.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "_") : $0 }.withBytes {
            Percent.encode($0, into: &text)
        }
    }
}
