// A request that a client is about to make: what OAuth 1 signs of it (RFC 5849, 3.4.1), and the curl command that sends it.
//
// Written from the RFC alone, on purpose without the server's code: what it signs, the server must find valid.

import Service
import Bytes

/// A request as a client sees it.
public struct ClientRequest: Sendable {
    /// The method.
    public let method: String
    /// The URL as it was given.
    public let url: String
    /// The form that is sent as body, percent-encoded; nil for none.
    public let form: String?
    /// `http` or `https`.
    let scheme: String
    /// Host, lower-case, with the port where it is not the scheme's default.
    let host: String
    /// Path, as given.
    let path: String
    /// What follows the question mark, nil when there is none.
    let query: String?

    /// A request, or nil when `url` is not an absolute http or https URL.
    public init?(method: String, url: String, form: String? = nil) {
        let parts = url.prefix { $0 != "#" }
        guard let separator = String(parts).range(ofText: "://") else { return nil }
        let scheme = parts[..<separator.lowerBound].lowercased()
        let rest = parts[separator.upperBound...]
        let target = rest[rest.prefix { $0 != "/" && $0 != "?" }.endIndex...]
        guard ["http", "https"].contains(scheme), let (host, port) = authority(String(rest[..<target.startIndex]))
        else {
            return nil
        }
        guard !method.isEmpty, method.utf8.allSatisfy(ASCII.isToken), url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return nil }
        let standard = scheme == "http" ? 80 : 443
        self.scheme = scheme
        self.host = host + (port.map { $0 == standard ? "" : ":\($0)" } ?? "")
        let path = target.prefix { $0 != "?" }
        self.path = path.isEmpty ? "/" : String(path)
        query = target.count > path.count ? String(target.dropFirst(path.count + 1)) : nil
        self.method = method
        self.url = url
        self.form = form
    }

    /// The command that makes the request, with this Authorization header.
    public func curl(authorization: String) -> String {
        var words = ["curl", "-i", "--path-as-is", "-g"]
        if method != (form == nil ? "GET" : "POST") { words += ["-X", shellQuoted(method)] }
        words += ["-H", shellQuoted("Authorization: \(authorization)")]
        if let form { words += ["--data-raw", shellQuoted(form)] }
        return (words + [shellQuoted(url)]).joined(separator: " ")
    }
}

/// `text` as one word of a POSIX shell.
func shellQuoted(_ text: String) -> String {
    let isPlain = { (byte: UInt8) in ASCII.isAlphanumeric(byte) || "-_./:=@%+,".utf8.contains(byte) }
    if !text.isEmpty, text.utf8.allSatisfy(isPlain) { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

extension ClientRequest {
    /// The signature base string (RFC 5849, 3.4.1.1) with these protocol parameters.
    public func signatureBaseString(protocolParameters: [(name: String, value: String)]) -> String {
        var pairs = protocolParameters.map { (Array($0.name.utf8), Array($0.value.utf8)) }
        for source in [query, form] { pairs += source.map(decodedPairs) ?? [] }
        let encoded = pairs.map { (percentEncoded($0.0), percentEncoded($0.1)) }
        let sorted = encoded.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        let parameters = sorted.map { "\($0)=\($1)" }.joined(separator: "&")
        let parts = [method.uppercased(), "\(scheme)://\(host)\(path)", parameters]
        return parts.map { percentEncoded(Array($0.utf8)) }.joined(separator: "&")
    }
}

/// Names and values of a query or form (RFC 5849, 3.4.1.3.1), decoded.
private func decodedPairs(_ text: String) -> [([UInt8], [UInt8])] {
    text.split(separator: "&").map { pair in
        let name = pair.prefix { $0 != "=" }
        return (formDecoded(name), formDecoded(pair.dropFirst(name.count + 1)))
    }
}

private func formDecoded(_ text: Substring) -> [UInt8] {
    var decoded: [UInt8] = []
    Array(text.utf8).withBytes { Percent.decodeForm($0, into: &decoded) }
    return decoded
}

/// Percent-encoded as RFC 5849, 3.6 says.
func percentEncoded(_ bytes: [UInt8]) -> String {
    var encoded: [UInt8] = []
    bytes.withBytes { Percent.encode($0, into: &encoded) }
    return String(decoding: encoded, as: UTF8.self)
}
