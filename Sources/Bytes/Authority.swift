// `host[:port]`, as in URLs and Host fields.

/// Host (lower-case, IPv6 in brackets) and port of `host[:port]`; nil for anything else.
package func authority(_ text: String) -> (host: String, port: Int?)? {
    let colon = text.lastIndex(of: ":").flatMap { text[$0...].contains("]") ? nil : $0 }
    let host = text[..<(colon ?? text.endIndex)].lowercased()
    let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let name = bracketed ? host.dropFirst().dropLast() : host[...]
    let allowed = { (byte: UInt8) in
        bracketed
            ? ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") : ASCII.isHost(byte)
    }
    guard !name.isEmpty, name.utf8.count <= 253, name.utf8.allSatisfy(allowed) else { return nil }
    guard let colon else { return (host, nil) }
    let digits = text[text.index(after: colon)...]
    guard digits.utf8.allSatisfy(ASCII.isDigit), let port = Int(digits), (1...65535).contains(port) else { return nil }
    return (host, port)
}

/// Whether `host`, a name or an IP address without brackets, is this machine: `localhost` and names below it (RFC 6761 section
/// 6.3), 127.0.0.0/8, or ::1.
package func isLoopback(host: String) -> Bool {
    let name = host.lowercased()
    if name == "localhost" || name.hasSuffix(".localhost") { return true }
    guard let address = Array(name.utf8).withBytes({ Address($0) }) else { return false }
    return ["127.0.0.0/8", "::1"].contains { AddressRange($0)?.contains(address) ?? false }
}

extension String {
    /// The first occurrence of `text`.
    package func range(ofText text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
