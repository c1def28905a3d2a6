// What a token's `sub` says. It does not choose the user, but one that names no existing user is refused.

import Bytes

/// The subject of an access token (RFC 7519, 4.1.2).
enum TokenSubject: Sendable, Equatable {
    /// No subject.
    case absent
    /// A central id.
    case user(Int64)
    /// Something that can't be a user.
    case invalid

    /// PHP's reading of the claim: false values name no user; a user is named by an integer exactly as PHP writes it, or by
    /// `mw:<scope>:<id>`. Nil for a type on which MediaWiki ends with an error.
    init?(_ claim: JSONText?, scope: String) {
        guard let claim else {
            self = .absent
            return
        }
        switch claim.kind {
        case .null: self = .absent
        case .bool: self = claim.json == true ? .user(1) : .absent
        case .number:
            guard let number = Double(claim.bytes.string), let id = Int64(exactly: number.rounded(.towardZero)) else {
                self = .invalid
                return
            }
            self = number == 0 ? .absent : .user(id)
        case .string:
            var scope = scope
            self = claim.withText { text in scope.withUTF8 { Self.parse(text, scope: Bytes($0)) } } ?? .invalid
        case .array, .object: return nil
        }
    }

    private static func parse(_ text: Bytes, scope: Bytes) -> TokenSubject {
        if !PHP.isTruthy(text) { return .absent }
        var id = text
        if text.starts(with: "mw:") {
            guard let end = text.buffer.lastIndex(of: UInt8(ascii: ":")), end >= 3, text[3..<end] == scope else {
                return .invalid
            }
            id = text.dropFirst(end + 1)
            if id == "0" { return .absent }
        }
        return PHP.integerKey(id).map { .user($0) } ?? .invalid
    }
}
