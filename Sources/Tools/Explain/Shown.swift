// What of a request is shown to a person: enough to see what is wrong with it, nothing that could be used.

import Bytes
import EnvoyProtocol

/// Texts without what proves who one is.
package enum Shown {
    private static func isSecret(_ name: String) -> Bool { CredentialMask.isSecret(name) }

    /// The value of a parameter, shortened where it is a secret. A `PLAINTEXT` signature is the secrets themselves.
    static func value(_ value: String, of name: String, isPlaintext: Bool = false) -> String {
        if isSecret(decoded(name)) { return isPlaintext || !name.hasSuffix("signature") ? "…" : shortened(value) }
        return text(withoutSecrets(value))
    }

    /// `text` without the secrets that stand in pairs of name and value in it. Programs do not agree about what separates pairs, so
    /// that each character counts that may do so, however often it is encoded.
    private static func withoutSecrets(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        for separator in text.ranges(of: /[&;#?]|%(?:25)*(?:26|3[Bb]|23|3[Ff])/) {
            result += withoutSecret(text[rest.startIndex..<separator.lowerBound]) + text[separator]
            rest = text[separator.upperBound...]
        }
        return result + withoutSecret(rest)
    }

    private static func withoutSecret(_ pair: Substring) -> String {
        guard let equals = pair.firstRange(of: /=|%(?:25)*3[Dd]/), isSecret(decoded(String(pair[..<equals.lowerBound])))
        else { return String(pair) }
        return pair[..<equals.upperBound] + "…"
    }

    /// A host, or what stands for one, without the user and password before it.
    static func host(_ host: String) -> String {
        text(host.lastIndex(of: "@").map { "…" + host[$0...] } ?? host)
    }

    /// A path with its query. Which method its signature is of can't be told here, so nothing of one is shown.
    static func target(_ target: String) -> String {
        let end = target.firstIndex { "?#;".contains($0) } ?? target.endIndex
        return text(target[..<end].replacing(/\/\/[^\/]*@/, with: "//…@") + withoutSecrets(String(target[end...])))
    }

    /// The value of a header: of cookies the names alone.
    package static func header(_ name: String, _ value: String) -> String {
        switch name.lowercased() {
        case "cookie": value.split(separator: ";", omittingEmptySubsequences: false).map(cookie).joined(separator: ";")
        case "set-cookie":
            value.firstIndex(of: ";").map { cookie(value[..<$0]) + text(String(value[$0...])) } ?? cookie(value[...])
        default: text(value)
        }
    }

    /// A cookie without its value; one without a name is all value.
    private static func cookie(_ cookie: Substring) -> String {
        guard let equals = cookie.firstIndex(of: "=") else {
            return cookie.allSatisfy { $0 == " " } ? String(cookie) : "…"
        }
        let value = String(cookie[cookie.index(after: equals)...])
        return value.isEmpty ? String(cookie) : "\(cookie[...equals])\(shortenedJWT(value))"
    }

    /// Of a JWT the beginning, which is its header and tells the kind; of anything else nothing.
    private static func shortenedJWT(_ value: String) -> String { value.hasPrefix("eyJ") ? shortened(value) : "…" }

    /// A signature base string (RFC 5849, 3.4.1): its parameters are encoded twice.
    static func baseString(_ base: String) -> String {
        let parts = base.split(separator: "&", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return text(base) }
        let parameters = parts[2].split(separator: "%26", omittingEmptySubsequences: false).map { parameter in
            let pair = parameter.split(separator: "%3D", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { return withoutSecrets(String(parameter)) }
            return "\(pair[0])%3D\(value(String(pair[1]), of: String(pair[0])))"
        }
        return "\(parts[0])&\(withoutSecrets(String(parts[1])))&\(parameters.joined(separator: "%26"))"
    }

    /// Text with every JWT and signature in it shortened.
    static func text(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        let marks = ["sessionJwt=", "eyJ", "oauth_signature=", "centralauthtoken=", "access_token="]
        while let found = marks.compactMap({ rest.firstRange(of: $0) }).min(by: { $0.lowerBound < $1.lowerBound }) {
            let isJWT = rest[found] == "eyJ"
            let start = isJWT ? found.lowerBound : found.upperBound
            result += rest[..<start]
            let end = rest[start...].firstIndex { ";& \",".contains($0) } ?? rest.endIndex
            result += rest[start..<end].isEmpty ? "" : shortened(String(rest[start..<end]))
            rest = rest[end...]
        }
        return result + rest
    }

    /// The first characters of something that proves who one is.
    private static func shortened(_ text: String) -> String {
        text.count <= 8 ? "…" : "\(text.prefix(6))… (\(text.count) characters)"
    }

    private static func decoded(_ name: String) -> String {
        var once: [UInt8] = []
        Array(name.utf8).withBytes { Percent.decodeForm($0, into: &once) }
        return String(decoding: once, as: UTF8.self)
    }
}
