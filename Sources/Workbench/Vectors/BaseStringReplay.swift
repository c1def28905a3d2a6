// Recorded base strings: a query, a form body and a header, and what MediaWiki's library signs of them.

import Sessions
import Cryptography
import Bytes
import EnvoyProtocol

enum BaseStringReplay {
    static func outputs(of vector: JSON) throws -> (expected: String, got: String) {
        guard let expected = vector["base_string"]?.stringValue else { throw Unreplayable("base_string is no text") }
        return (expected, try baseString(of: vector))
    }

    /// The base string of a recorded request: method, URL, form body and header.
    static func baseString(of request: JSON?) throws -> String {
        guard let url = request?["url"]?.stringValue else { throw Unreplayable("no url") }
        return baseString(
            method: request?["method"]?.stringValue ?? "GET", url: url, form: request?["form_body"]?.stringValue,
            authorization: request?["authorization"]?.stringValue)
    }

    /// The base string of a request for `url`, a wiki's own.
    static func baseString(method: String, url: String, form: String?, authorization: String?) -> String {
        let (server, target) = split(url)
        var settings = Settings()
        settings.wikis.fallback = Wiki(id: "wiki", server: Recording.server(server))
        settings.entryPoints.refused = []
        settings.entryPoints.refusedPrefixes = []
        settings.entryPoints.ignored = []
        settings.entryPoints.restPrefixes = ["/"]
        settings.oauth1.formBodies = .always
        let policy = Policy(
            settings: settings, keys: KeyRing(accessTokenKeys: [], signer: nil, alsoPublished: []))
        var builder = CheckRequestBuilder(
            method: method, scheme: server.hasPrefix("https") ? "https" : "http", host: "", path: "")
        builder.path = Array(target.utf8)
        if let form {
            builder.body = Array(form.utf8)
            builder.size = Int64(form.utf8.count)
            builder.addHeader(
                Array("content-type".utf8), Array("application/x-www-form-urlencoded".utf8))
        }
        builder.addHeader(Array("authorization".utf8), Array((authorization ?? "OAuth x").utf8))
        let text = builder.encode().withBytes { bytes -> [UInt8]? in
            var scratch = Scratch()
            let memory = Memory(settings)
            return try? policy.withRequest(bytes) { signatureBaseString(of: $0, policy, memory, &scratch) } ?? nil
        }
        return text.map { String(decoding: $0, as: UTF8.self) } ?? "none"
    }

    /// Scheme and authority without a user, and the rest.
    static func split(_ url: String) -> (server: String, target: String) {
        guard let slashes = url.range(of: "//") else { return (url, "") }
        let end = url[slashes.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? url.endIndex
        let authority = url[slashes.upperBound..<end]
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return (String(url[..<slashes.upperBound] + host), String(url[end...]))
    }
}
