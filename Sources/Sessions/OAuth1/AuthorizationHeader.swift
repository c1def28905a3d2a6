// The OAuth 1 Authorization header, as MediaWiki's library splits it: an unanchored pattern, not a grammar.
//
//     oauth_[a-z_-]* = ( :? "…" | everything up to the next comma )
//
// So separators are irrelevant, a realm can hold parameters, and upper case ends a name. RFC 5849 (3.5.1) has the grammar.

import Bytes

package enum AuthorizationHeader {
    /// Calls `body` with each parameter's name and value, which is encoded as in a form, in order: `OAuthUtil::split_header`.
    package static func split(_ header: Bytes, _ body: (Bytes, Bytes) -> Void) {
        splitKnown(header) { name, value, _ in body(name, value) }
    }

    /// The same, with which parameter of OAuth's a name is.
    @inline(__always)
    static func splitKnown(_ header: Bytes, _ body: (Bytes, Bytes, ProtocolParameter?) -> Void) {
        var index = 0
        // The shortest parameter is `oauth_=`; eight bytes are looked at.
        while index + 8 <= header.count {
            guard header[index] == UInt8(ascii: "o"), header.word(at: index) & 0xFFFF_FFFF_FFFF == oauth else {
                index += 1
                continue
            }
            let (equals, known) = nameEnd(in: header, from: index)
            guard equals < header.count, header[equals] == UInt8(ascii: "=") else {
                // A later `oauth_` in this run of name bytes would end where this one does.
                index = equals
                continue
            }
            let (value, end) = value(in: header, from: equals + 1)
            body(header[index..<equals], value, known)
            index = end
        }
        // A last one without a value.
        if index + 7 == header.count, header.dropFirst(index) == "oauth_=" {
            body(header[index..<index + 6], .empty, nil)
        }
    }

    /// `oauth_` as a little-endian number.
    private static let oauth: UInt64 = 0x5f68_7475_616f

    /// Where the name that begins with `oauth_` at `start` ends, and which one it is.
    @inline(__always)
    private static func nameEnd(in header: Bytes, from start: Int) -> (Int, ProtocolParameter?) {
        // None of OAuth's own names is longer.
        if let equals = header.prefix(start + 32).firstIndex(of: UInt8(ascii: "="), from: start + 6) {
            let name = header[start..<equals]
            if let known = ProtocolParameter(name, prefix: header.word(at: start).byteSwapped) {
                return (equals, known)
            }
        }
        var end = start + 6
        while end < header.count, isNameByte(header[end]) { end += 1 }
        return (end, nil)
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
        return name.withBytes { $0.equalsIgnoringCase("realm") }
    }
}

extension Bytes {
    /// The eight bytes at `index`, little-endian.
    fileprivate func word(at index: Int) -> UInt64 {
        precondition(index >= 0 && index + 8 <= count)
        return UInt64(
            littleEndian: UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped + index).loadUnaligned(as: UInt64.self))
    }
}
