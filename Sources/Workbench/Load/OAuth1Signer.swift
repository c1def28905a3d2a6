// OAuth 1 signatures by the thousand: one request, of which only consumer, nonce, time and token change. None of them
// has a character that would be encoded, so the base string (RFC 5849, 3.4.1) is these four between constant texts.

import Cryptography
import Bytes

/// Signs the one API request that a load consists of.
package struct OAuth1Signer {
    /// The request's Host.
    package static let host = "wiki.example"
    /// The request's target.
    package static let target = "/w/api.php?action=query&meta=userinfo&format=json&formatversion=2"

    private static let baseParts: [StaticString] = [
        """
        GET&http%3A%2F%2Fwiki.example%2Fw%2Fapi.php&action%3Dquery%26format%3Djson%26formatversion%3D2\
        %26meta%3Duserinfo%26oauth_consumer_key%3D
        """,
        "%26oauth_nonce%3D", "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D", "%26oauth_token%3D",
        "%26oauth_version%3D1.0",
    ]
    private static let headerParts: [StaticString] = [
        #"OAuth oauth_version="1.0", oauth_signature_method="HMAC-SHA1", oauth_consumer_key=""#, #"", oauth_nonce=""#,
        #"", oauth_timestamp=""#, #"", oauth_token=""#, #"", oauth_signature=""#,
    ]
    /// Prepared keys are kept for so many users: 200 bytes each.
    private static let mostKeys = 20_000

    private let farm: Farm
    private var keys: [HMACSHA1Key?]
    private var base: [UInt8] = []
    private var code: [UInt8] = []

    /// A signer for the users of a farm.
    package init(_ farm: Farm) {
        self.farm = farm
        keys = Array(repeating: nil, count: min(farm.users + 1, Self.mostKeys))
    }

    /// Appends the Authorization header of a request by `user`. `time` is the timestamp's digits. A forged one signs
    /// something else.
    package mutating func append(
        user: Int, nonce: [UInt8], time: [UInt8], isForged: Bool = false, to header: inout [UInt8]
    ) {
        let parts = [Farm.text(.consumerKey, farm.consumer(of: user)), nonce, time, Farm.text(.token, user)]
        base.removeAll(keepingCapacity: true)
        header.append(Self.headerParts[0])
        for (index, part) in parts.enumerated() {
            base.append(Self.baseParts[index])
            base += part
            header += part
            header.append(Self.headerParts[index + 1])
        }
        base.append(Self.baseParts[parts.count])
        code.removeAll(keepingCapacity: true)
        if isForged { base.append(UInt8(ascii: "!")) }
        let key = key(of: user)
        base.withBytes { key.authenticate($0) }.withBytes { Base64.encodeStandard($0, into: &code) }
        code.withBytes { Percent.encode($0, into: &header) }
        header.append(UInt8(ascii: "\""))
    }

    private mutating func key(of user: Int) -> HMACSHA1Key {
        guard user < keys.count else { return farm.signingKey(of: user) }
        if let key = keys[user] { return key }
        let key = farm.signingKey(of: user)
        keys[user] = key
        return key
    }
}
