// The parameters of OAuth 1 itself (RFC 5849, 3.1), found while all are merged.

import Bytes

/// A protocol parameter.
enum ProtocolParameter: Int, CaseIterable {
    case consumerKey, token, signatureMethod, signature, timestamp, nonce, version

    /// The parameter with this name, nil for any other; `prefix` is the name's first eight bytes.
    init?(_ name: Bytes, prefix: UInt64) {
        let parameter: (Self, StaticString)
        switch (prefix, name.count) {
        case (Self.co, 18): parameter = (.consumerKey, "oauth_consumer_key")
        case (Self.no, 11): parameter = (.nonce, "oauth_nonce")
        case (Self.si, 15): parameter = (.signature, "oauth_signature")
        case (Self.si, 22): parameter = (.signatureMethod, "oauth_signature_method")
        case (Self.ti, 15): parameter = (.timestamp, "oauth_timestamp")
        case (Self.to, 11): parameter = (.token, "oauth_token")
        case (Self.ve, 13): parameter = (.version, "oauth_version")
        default: return nil
        }
        guard name == parameter.1 else { return nil }
        self = parameter.0
    }

    /// "oauth_" and two letters more.
    private static let oauth: UInt64 = 0x6f61_7574_685f_0000
    private static let co = oauth | 0x636f
    private static let no = oauth | 0x6e6f
    private static let si = oauth | 0x7369
    private static let ti = oauth | 0x7469
    private static let to = oauth | 0x746f
    private static let ve = oauth | 0x7665
}

/// What a request has under a protocol parameter's name.
enum ProtocolValue {
    /// Nothing.
    case absent
    /// One value, decoded; valid until the next request.
    case text(Bytes)
    /// A list, which no protocol parameter may be.
    case list

    /// The value when it is one that PHP holds for true.
    var truthy: Bytes? {
        guard case .text(let text) = self, PHP.isTruthy(text) else { return nil }
        return text
    }

    var isList: Bool {
        if case .list = self { return true }
        return false
    }
}
