// Recorded outputs of single functions of PHP and of MediaWiki's OAuth library.

import Sessions
import Cryptography
import Bytes

enum FunctionReplay {
    /// The recorded output and ours.
    static func outputs(of vector: JSON) throws -> (expected: String, got: String) {
        let argument = text(vector["args"]?.elements?.first)
        guard let result = vector["result"] ?? vector["expected"] else { throw Unreplayable("no result") }
        let name = vector["function"]?.stringValue ?? vector["check"]?.stringValue ?? ""
        switch name {
        case "OAuthUtil::urlencode_rfc3986": return (show(text(result)), show(encoded(argument)))
        case "OAuthUtil::urldecode_rfc3986": return (show(text(result)), show(decoded(argument)))
        case "OAuthUtil::parse_parameters": return (parameters(result), parsed(argument))
        case "OAuthUtil::build_http_query": return (show(text(result)), built(vector["args"]?.elements?.first))
        case "OAuthUtil::split_header": return (pairs(result), header(argument))
        case "PHP $_GET (parse_str)": return (pairs(result), query(argument))
        case "OAuthRequest::get_normalized_http_url": return (show(text(result)), url(argument))
        default: return try outputs(of: name, vector, result)
        }
    }

    /// Of functions whose names hold a parameter, and of what is asked about a whole request.
    private static func outputs(
        of name: String, _ vector: JSON, _ result: JSON
    ) throws -> (expected: String, got: String) {
        let request = vector["request"]
        let words = name.split(separator: " ").map(String.init)
        if let now = name.wholeMatch(of: /OAuthServer::check_timestamp\(now=(\d+)\)/).flatMap({ Double($0.1) }) {
            return (show(text(result)), timestamp(text(vector["args"]?.elements?.first), now: now))
        }
        switch words.first {
        case "signature_base_string":
            return (result.stringValue ?? "no text", try BaseStringReplay.baseString(of: request))
        case "signable_parameters", "parameters": return (signable(result), try part(2, of: request))
        case "normalized_http_url": return (show(text(result)), url(text(request?["url"])))
        case "normalized_http_method": return (show(text(result)), try part(0, of: request))
        case "parameter" where words.count == 2: return (show(text(result)), try parameter(words[1], of: request))
        case "HMAC-SHA1": return (result.boolValue.map { "\($0)" } ?? show(text(result)), hmac(vector, result))
        case "RSA-SHA1": return (result.boolValue.map { "\($0)" } ?? show(text(result)), try rsa(vector, result))
        case "plaintext": return (show(text(result)), plaintext(words.dropFirst()))
        default: throw Unreplayable("nothing here corresponds to \(name)")
        }
    }

    // MARK: Functions

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        bytes.withBytes { Percent.encode($0, into: &output) }
        return output
    }

    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        bytes.withBytes { Percent.decodeForm($0, into: &output) }
        return output
    }

    /// Signed parameters of a form body; a list and a repeated name come to the same.
    private static func parsed(_ body: [UInt8]) -> String {
        body.withBytes { SignatureParameters.pairs(ofBody: $0) }.map { "\($0)=\($1)" }.joined(separator: "&")
    }

    private static func header(_ value: [UInt8]) -> String {
        var found: [(String, String)] = []
        value.withBytes { value in
            AuthorizationHeader.split(value) { name, encoded in
                var value: [UInt8] = []
                Percent.decodeForm(encoded, into: &value)
                let pair = (show(name.array), show(value))
                if let index = found.firstIndex(where: { $0.0 == pair.0 }) {
                    found[index] = pair
                } else {
                    found.append(pair)
                }
            }
        }
        return found.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    private static func query(_ text: [UInt8]) -> String {
        text.withBytes { PHPQuery($0) }.variables.map { variable in
            let name = show(variable.name)
            switch variable.value {
            case .scalar(let value): return "\(name)=\(show(value))"
            case .list(let elements):
                let texts = elements.texts.map { $0.map(show) ?? "Array" }
                return "\(name)=[\(texts.joined(separator: ","))]"
            }
        }.joined(separator: "&")
    }

    /// The query that `pairs` make: as a form body, since of one every pair is signed as it is.
    private static func built(_ pairs: JSON?) -> String {
        let form = entries(pairs).flatMap { entry in
            let values = entry.value["pairs"] == nil ? [entry.value] : entries(entry.value).map(\.value)
            return values.map { encoded(entry.name) + [UInt8(ascii: "=")] + encoded(text($0)) }
        }
        return form.isEmpty ? "" : parsed(Array(form.joined(separator: [UInt8(ascii: "&")])))
    }

    /// The base string's URL of a request for `url`.
    private static func url(_ url: [UInt8]) -> String {
        let text = String(decoding: url, as: UTF8.self)
        let (server, target) = BaseStringReplay.split(text)
        guard isServer(server) else { return "no wiki has this URL" }
        let base = BaseStringReplay.baseString(method: "GET", url: server + target, form: nil, authorization: nil)
        let part = base.split(separator: "&", omittingEmptySubsequences: false).dropFirst().first ?? "none"
        return show(decoded(Array(part.utf8)))
    }

    /// Whether `$wgServer` can be this: a name that clients can connect to, with a port in range.
    private static func isServer(_ server: String) -> Bool {
        let pattern = /(?:https?:)?\/\/(?:\[[0-9a-f:.]+\]|[^\x00-\x20:\[\]]+)(?::(\d*))?/
        guard let parts = server.lowercased().wholeMatch(of: pattern) else { return false }
        return parts.1.map { $0.isEmpty || UInt16($0) != nil } ?? true
    }

    private static func timestamp(_ text: [UInt8], now: Double) -> String {
        guard text.withBytes({ PHP.isTruthy($0) }) else { return "missing" }
        guard let number = text.withBytes({ PHP.leadingNumber($0) }) else { return "fatal (TypeError)" }
        return abs(now - number) > 300 ? "expired" : "ok"
    }

    private static func signingKey(_ consumerSecret: [UInt8], _ tokenSecret: [UInt8]) -> [UInt8] {
        encoded(consumerSecret) + [UInt8(ascii: "&")] + encoded(tokenSecret)
    }

    /// The signature, or whether the one in the recording is it.
    private static func hmac(_ vector: JSON, _ result: JSON) -> String {
        let key = signingKey(text(vector["consumer_secret"]), text(vector["token_secret"]))
        let code = key.withBytes { HMACSHA1Key(key: $0) }
        var signature: [UInt8] = []
        text(vector["base_string"]).withBytes { code.authenticate($0) }
            .withBytes { Base64.encodeStandard($0, into: &signature) }
        return result.boolValue == nil ? show(signature) : "\(signature == text(vector["signature"]))"
    }

    /// The signature that the private key makes, or whether the certificate verifies the one in the recording.
    private static func rsa(_ vector: JSON, _ result: JSON) throws -> String {
        let base = text(vector["base_string"])
        let certificate = try text(vector["certificate"]).withBytes { try RSAPublicKey(pem: $0) }
        func isValid(_ signature: JSON?) -> Bool {
            var bytes: [UInt8] = []
            text(signature).withBytes { Base64.decodeLenient($0, into: &bytes) }
            return bytes.withBytes { signature in
                base.withBytes { certificate.verify(signature: signature, message: $0, digest: .sha1) }
            }
        }
        guard result.boolValue == nil else { return "\(isValid(vector["signature"]))" }
        guard isValid(result) else { return "not valid" }
        let key = try text(vector["private_key"]).withBytes { try RSAPrivateKey(pem: $0, minimumBits: 1024) }
        var made: [UInt8] = []
        try base.withBytes { try key.sign($0, digest: .sha1) }.withBytes { Base64.encodeStandard($0, into: &made) }
        return show(made)
    }

    private static func plaintext(_ secrets: ArraySlice<String>) -> String {
        let secrets = secrets.map { Array($0.utf8) } + [[], []]
        return show(signingKey(secrets[0], secrets[1]))
    }

    // MARK: Parts of a request's base string

    private static func part(_ index: Int, of request: JSON?) throws -> String {
        let parts = try BaseStringReplay.baseString(of: request).split(separator: "&", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Unreplayable("the request has no base string") }
        return show(decoded(Array(parts[index].utf8)))
    }

    /// The last value that is signed under `name`.
    private static func parameter(_ name: String, of request: JSON?) throws -> String {
        let pairs = try part(2, of: request).split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        let value = pairs.last { $0.first.map { decoded(Array($0.utf8)) } == Array(name.utf8) }?.dropFirst().first
        return show(decoded(Array((value ?? "").utf8)))
    }

    /// Recorded pairs as they are signed.
    private static func signable(_ recorded: JSON) -> String {
        show(Array((recorded.stringValue ?? parameters(recorded)).utf8))
    }

    // MARK: Recorded values

    private static func text(_ value: JSON?) -> [UInt8] {
        switch value {
        case .string(let text)?: Array(text.utf8)
        case .number(let literal)?: Array(literal.utf8)
        default: (value?["b64"]?.stringValue).flatMap { try? RecordedRequest.base64($0) } ?? []
        }
    }

    private static func show(_ bytes: [UInt8]) -> String {
        String(
            decoding: bytes.flatMap { $0 < 0x80 && $0 != 0 ? [$0] : Array("\\x\(String($0, radix: 16))".utf8) },
            as: UTF8.self)
    }

    private static func entries(_ value: JSON?) -> [(name: [UInt8], value: JSON, isInteger: Bool)] {
        (value?["pairs"]?.elements ?? []).compactMap { item in
            guard let parts = item.elements, parts.count == 3 else { return nil }
            return (text(parts[0]), parts[1], parts[2] == .string("intkey"))
        }
    }

    private static func pairs(_ recorded: JSON?) -> String {
        entries(recorded).map { entry in
            guard entry.value["pairs"] != nil else { return "\(show(entry.name))=\(show(text(entry.value)))" }
            let items = entries(entry.value).map { $0.value["pairs"] != nil ? "Array" : show(text($0.value)) }
            return "\(show(entry.name))=[\(items.joined(separator: ","))]"
        }.joined(separator: "&")
    }

    /// Recorded parameters as `array_merge` and signing leave them: integer names numbered anew, lists flattened, sorted.
    private static func parameters(_ recorded: JSON?) -> String {
        var next = 0
        var flat: [(name: String, value: String)] = []
        for entry in entries(recorded) {
            var name = String(decoding: encoded(entry.name), as: UTF8.self)
            if entry.isInteger {
                name = String(next)
                next += 1
            }
            let values = entry.value["pairs"] == nil ? [entry.value] : entries(entry.value).map(\.value)
            flat += values.map { (name, String(decoding: encoded(text($0)), as: UTF8.self)) }
        }
        return flat.sorted {
            Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8))
                || ($0.name == $1.name && $0.value < $1.value)
        }
        .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }
}
