// The server part of the URL that a signature covers: the wiki's own, not the Host header's.

import Bytes

/// The scheme and authority that a request is signed over.
enum SignedServer {
    /// Appends `scheme://host[:port]`, percent-encoded, for `wiki` and what the request says of itself.
    static func append(_ wiki: Wiki, scheme: Bytes, host: Bytes, into text: inout [UInt8]) {
        switch wiki.server {
        case .fixed(let fixedScheme, let host, let port):
            if let fixedScheme {
                text.append(contentsOf: fixedScheme.utf8)
            } else {
                text.append(scheme)
            }
            text.append("%3A%2F%2F")
            appendFixed(host, port, isDefault(port, scheme: fixedScheme, or: scheme), into: &text)
        case .detect:
            text.append(scheme)
            text.append("%3A%2F%2F")
            appendDetected(host, scheme: scheme, into: &text)
        }
    }

    private static func isDefault(_ port: Int?, scheme: String?, or requestScheme: Bytes) -> Bool {
        guard let port else { return true }
        let isHTTPS = scheme.map { $0 == "https" } ?? (requestScheme == "https")
        return port == (isHTTPS ? 443 : 80)
    }

    private static func appendFixed(_ host: String, _ port: Int?, _ portIsDefault: Bool, into text: inout [UInt8]) {
        var host = host
        host.withUTF8 { Percent.encode(Bytes($0), into: &text) }
        if let port, !portIsDefault { text.append(contentsOf: "%3A\(port)".utf8) }
    }

    /// `WebRequest::detectServer`: behind a TLS-terminating proxy the port is taken for the default.
    private static func appendDetected(_ host: Bytes, scheme: Bytes, into text: inout [UInt8]) {
        let end = authorityEnd(host)
        let port = host.dropFirst(end.port)
        for byte in host.prefix(end.host).buffer { appendEncoded(byte.asciiLowercased, into: &text) }
        if scheme == "https" || port.isEmpty || port == "80" { return }
        text.append("%3A")
        text.append(port)
    }

    /// Where the host name ends, and where the port begins; an IPv6 address is in brackets.
    private static func authorityEnd(_ authority: Bytes) -> (host: Int, port: Int) {
        let bracket = authority.first == UInt8(ascii: "[") ? authority.firstIndex(of: UInt8(ascii: "]")) ?? 0 : 0
        guard let colon = authority.firstIndex(of: UInt8(ascii: ":"), from: bracket) else {
            return (authority.count, authority.count)
        }
        return (colon, colon + 1)
    }

    private static func appendEncoded(_ byte: UInt8, into text: inout [UInt8]) {
        withUnsafeBytes(of: byte) { Percent.encode(Bytes($0), into: &text) }
    }
}
