// Whether a browser shows a refusal to the script that made the request (Fetch standard, CORS protocol). MediaWiki's error answers are
// readable from any site since 2026, so that an application whose token has ended sees the code and renews it.

import Bytes
import Sessions

/// The header fields by which a refusal is shown to scripts of another site.
package enum CrossOrigin {
    /// The longest origin that is repeated: a scheme, a host name of 253 bytes and a port.
    private static let maxBytes = 300

    /// The header fields of a refusal of `request`; none when no script of a site made it.
    package static func headers(for request: Request) -> [(name: String, value: [UInt8])] {
        guard let origin = request.origin?.trimmed, isOrigin(origin) else { return [] }
        return [
            ("access-control-allow-origin", origin.array),
            ("access-control-allow-credentials", Array("true".utf8)),
            ("access-control-expose-headers", Array("MediaWiki-API-Error, Retry-After, WWW-Authenticate".utf8)),
            ("vary", Array("Origin".utf8)),
        ]
    }

    /// Whether `text` is one origin as browsers write it (RFC 6454, 7): `null`, or scheme, host and port. Anything else came from no
    /// browser, and is not repeated in a header.
    private static func isOrigin(_ text: Bytes) -> Bool {
        if text == "null" { return true }
        guard text.count <= maxBytes, let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            text.dropFirst(colon).starts(with: "://")
        else { return false }
        let (scheme, host) = (text.prefix(colon), text.dropFirst(colon + 3))
        return !host.isEmpty && scheme.buffer.allSatisfy { ASCII.isAlphanumeric($0) || "+-.".utf8.contains($0) }
            && host.buffer.allSatisfy { ASCII.isHost($0) || ":[]_".utf8.contains($0) }
    }
}
