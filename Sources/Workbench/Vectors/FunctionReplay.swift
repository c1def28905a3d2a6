// Recorded outputs of single functions of PHP and of MediaWiki's OAuth library.

import Authorization
import Cryptography
import Wire

enum FunctionReplay {
    static func run(_ vectors: [JSON], into tally: inout Tally) {
        for vector in vectors {
            guard let (expected, got) = outputs(of: vector) else { continue }
            tally.compare(vector["id"]?.stringValue ?? "?", expected: expected, got: got)
        }
    }

    /// Nil for a recording of something that has no counterpart here.
    private static func outputs(of vector: JSON) -> (expected: String, got: String)? {
        let argument = text(vector["args"]?.elements?.first)
        let result = vector["result"] ?? vector["expected"]
        switch vector["function"]?.stringValue ?? vector["check"]?.stringValue {
        case "OAuthUtil::urlencode_rfc3986": return (show(text(result)), show(encoded(argument)))
        case "OAuthUtil::urldecode_rfc3986": return (show(text(result)), show(decoded(argument)))
        case "OAuthUtil::parse_parameters": return (parameters(result), parsed(argument))
        case "OAuthUtil::split_header": return (pairs(result), header(argument))
        case "PHP $_GET (parse_str)": return (pairs(result), query(argument))
        case "OAuthRequest::get_normalized_http_url": return url(argument, result)
        case "OAuthServer::check_timestamp(now=1772366400)":
            return (vector["result"]?.stringValue ?? "?", timestamp(argument))
        case "HMAC-SHA1": return hmac(vector)
        case "signature_base_string": return (result?.stringValue ?? "?", baseString(vector))
        case "signable_parameters", "parameters": return (signable(result), signable(vector))
        case "normalized_http_url": return url(text(vector["request"]?["url"]), result)
        default: return nil
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

    /// Only URLs that a wiki can be asked for: with an authority, a port in range, and no second leading slash, which MediaWiki
    /// takes off before the library sees the URL.
    private static func url(_ url: [UInt8], _ result: JSON?) -> (String, String)? {
        let text = String(decoding: url, as: UTF8.self)
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), !text.contains("@"),
            let expected = result?.stringValue,
            expected != "http://", expected != "https://", !BaseStringReplay.split(text).target.hasPrefix("//")
        else { return nil }
        let base = BaseStringReplay.baseString(method: "GET", url: text, form: nil, authorization: nil)
        let part = base.split(separator: "&", omittingEmptySubsequences: false)[1]
        return (expected, String(decoding: decoded(Array(part.utf8)), as: UTF8.self))
    }

    private static func timestamp(_ text: [UInt8]) -> String {
        guard text.withBytes({ PHP.isTruthy($0) }) else { return "missing" }
        guard let number = text.withBytes({ PHP.leadingNumber($0) }) else { return "fatal (TypeError)" }
        return abs(1_772_366_400 - number) > 300 ? "expired" : "ok"
    }

    private static func hmac(_ vector: JSON) -> (String, String) {
        let key = encoded(text(vector["consumer_secret"])) + [UInt8(ascii: "&")] + encoded(text(vector["token_secret"]))
        let code = key.withBytes { HMACSHA1Key(key: $0) }
        var signature: [UInt8] = []
        text(vector["base_string"]).withBytes { code.authenticate($0) }
            .withBytes { Base64.encodeStandard($0, into: &signature) }
        return (vector["expected"]?.stringValue ?? "?", show(signature))
    }

    private static func baseString(_ vector: JSON) -> String {
        let request = vector["request"]
        return BaseStringReplay.baseString(
            method: request?["method"]?.stringValue ?? "", url: request?["url"]?.stringValue ?? "",
            form: request?["form_body"]?.stringValue, authorization: request?["authorization"]?.stringValue)
    }

    private static func signable(_ vector: JSON) -> String {
        let part = baseString(vector).split(separator: "&", omittingEmptySubsequences: false)[2]
        return String(decoding: decoded(Array(part.utf8)), as: UTF8.self)
    }

    /// Recorded pairs as they are signed.
    private static func signable(_ recorded: JSON?) -> String {
        recorded?.stringValue ?? parameters(recorded)
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
