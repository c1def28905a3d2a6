// OAuth 1: the Authorization header, and the query and form that the signature covers.

import Bytes
import EnvoyProtocol
import Sessions

/// Reads `input` as an Authorization header, without its `OAuth `.
func fuzzOAuthHeader(_ input: Bytes) throws(BrokenPromise) {
    var parts: [Bytes] = []
    AuthorizationHeader.split(input) { parts += [$0, $1] }
    _ = AuthorizationHeader.parseRFC5849(input) { parts += [$0, $1] }
    for part in parts { try promise(part.lies(within: input), "views lie in the header") }
    for compatibility in [OAuth1Settings.Compatibility.mediawiki, .rfc5849] {
        var request = FuzzWiki.request()
        request.addHeader(Array("authorization".utf8), Array("OAuth ".utf8) + input.array)
        var wiki = FuzzWiki(compatibility)
        _ = try wiki.check(request)
        if let text = try wiki.baseString(of: request) { try checkBaseString(text) }
    }
}

/// Reads `input` as a query, a line feed, and a form; both are signed.
func fuzzQueryAndForm(_ input: Bytes) throws(BrokenPromise) {
    let (query, form) = input.split(at: UInt8(ascii: "\n"))
    for (name, _) in PHPQuery(query).variables { try promise(!name.isEmpty, "a variable has a name") }
    for compatibility in [OAuth1Settings.Compatibility.mediawiki, .rfc5849] {
        var request = FuzzWiki.request(method: "POST", path: Array("/w/api.php?".utf8) + query.array)
        request.body = form.array
        request.addHeader("content-type", "application/x-www-form-urlencoded")
        request.addHeader("content-length", String(form.count))
        request.addHeader("authorization", signedHeader)
        var wiki = FuzzWiki(compatibility)
        _ = try wiki.check(request)
        if let text = try wiki.baseString(of: request) { try checkBaseString(text) }
    }
}

/// Valid whatever is signed: the signature is the secrets.
private let signedHeader =
    #"OAuth oauth_consumer_key="ck", oauth_token="ta", oauth_signature_method="PLAINTEXT", oauth_nonce="n", "#
    + #"oauth_timestamp="1772366400", oauth_signature="cs%26ts""#

/// RFC 5849 section 3.4.1: three parts of unreserved characters and escapes; the parameters of the third are sorted.
private func checkBaseString(_ text: [UInt8]) throws(BrokenPromise) {
    let parts = text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    try promise(parts.count == 3, "a base string has three parts")
    try promise(
        parts.joined().allSatisfy { Percent.isUnreserved($0) || $0 == UInt8(ascii: "%") }, "its parts are encoded")
    var decoded: [UInt8] = []
    Array(parts[2]).withBytes { Percent.decode($0, into: &decoded) }
    let pairs = decoded.split(separator: UInt8(ascii: "&")).map { pair in
        pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
    }
    for (left, right) in zip(pairs, pairs.dropFirst()) {
        try promise(left.count == 2 && right.count == 2, "a parameter has a name and a value")
        let isSorted =
            left[0] == right[0]
            ? !right[1].lexicographicallyPrecedes(left[1]) : left[0].lexicographicallyPrecedes(right[0])
        try promise(isSorted, "parameters are sorted")
    }
}
