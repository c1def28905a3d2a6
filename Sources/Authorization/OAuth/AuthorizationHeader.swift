// The OAuth 1 Authorization header, as MediaWiki's library splits it: an unanchored pattern, not a grammar.
//
//     oauth_[a-z_-]* = ( :? "…" | everything up to the next comma )
//
// So separators are irrelevant, a realm can hold parameters, and upper case ends a name. RFC 5849 (3.5.1) has the grammar.

import Wire

package enum AuthorizationHeader {
    private static let prefix = Bytes("oauth_")

    /// Calls `body` with each parameter's name and value, which is encoded as in a form, in order: `OAuthUtil::split_header`.
    package static func split(_ header: Bytes, _ body: (Bytes, Bytes) -> Void) {
        var index = 0
        while let start = header.firstIndex(of: UInt8(ascii: "o"), from: index), start + prefix.count < header.count {
            guard header[start..<start + prefix.count] == prefix else {
                index = start + 1
                continue
            }
            var equals = start + prefix.count
            while equals < header.count, isNameByte(header[equals]) { equals += 1 }
            guard equals < header.count, header[equals] == UInt8(ascii: "=") else {
                // A later `oauth_` in this run of name bytes would end where this one does.
                index = equals
                continue
            }
            let (value, end) = value(in: header, from: equals + 1)
            body(header[start..<equals], value)
            index = end
        }
    }

    private static func value(in header: Bytes, from start: Int) -> (Bytes, end: Int) {
        var quote = start
        if quote < header.count, header[quote] == UInt8(ascii: ":") { quote += 1 }
        if quote < header.count, header[quote] == UInt8(ascii: "\""),
            let close = header.firstIndex(of: UInt8(ascii: "\""), from: quote + 1)
        {
            let value = header[(quote + 1)..<close]
            // `empty()` takes a quoted "0" for no value.
            return (value == "0" ? .empty : value, close + 1)
        }
        let end = header.firstIndex(of: UInt8(ascii: ","), from: start) ?? header.count
        return (header[start..<end], end)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }

    /// Calls `body` with each parameter of RFC 5849, 3.5.1, name and value percent-encoded; the realm is left out. False when the
    /// header is not of that form.
    package static func parseRFC5849(_ header: Bytes, _ body: (Bytes, Bytes) -> Void) -> Bool {
        var rest = header.dropFirst("OAuth".utf8.count)
        while true {
            while let byte = rest.first, PHP.isSpace(byte) || byte == UInt8(ascii: ",") { rest = rest.dropFirst(1) }
            if rest.isEmpty { return true }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals > 0,
                equals + 1 < rest.count, rest[equals + 1] == UInt8(ascii: "\""),
                let close = rest.firstIndex(of: UInt8(ascii: "\""), from: equals + 2)
            else { return false }
            if !isRealm(rest[0..<equals]) { body(rest[0..<equals], rest[(equals + 2)..<close]) }
            rest = rest.dropFirst(close + 1)
            while let byte = rest.first, PHP.isSpace(byte) { rest = rest.dropFirst(1) }
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return false }
        }
    }

    private static func isRealm(_ encodedName: Bytes) -> Bool {
        guard encodedName.count >= 5, encodedName.count <= 15 else { return false }
        var name: [UInt8] = []
        Percent.decode(encodedName, into: &name)
        return name.withBytes { $0.lowercasedEquals("realm") }
    }
}

extension Bytes {
    /// Whether the view equals `literal`, which is lower-case, without regard to ASCII case.
    func lowercasedEquals(_ literal: StaticString) -> Bool {
        let other = Bytes(literal)
        guard count == other.count else { return false }
        for index in 0..<count where lowercased(self[index]) != other[index] { return false }
        return true
    }
}

/// ASCII lower case.
func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
