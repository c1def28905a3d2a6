// The error in a refusal's body: of the action API in each of its formats, of the REST API, as a page.
//
// `reason` is ours. MediaWiki's clients ignore members that they do not know.

import Bytes
import Sessions

/// What is wrong, and in which words.
struct RefusalError {
    /// MediaWiki's code.
    let code: String
    private let message: String
    private let explanation: String
    private let reason: Reason
    private let status: Int
    /// What the status is called.
    private let phrase: String

    init(_ reason: Reason, message: String, status: Int, phrase: String) {
        self.status = status
        self.phrase = phrase
        code = "\(reason.errorCode)"
        explanation = "\(reason.explanation)"
        self.message = message
        self.reason = reason
    }

    /// `{"error":{"code":…,"info":…,"reason":…}}`.
    fileprivate var bc: JSON {
        .object([.init("error", .object([text("code", code), text("info", message), text("reason", reason.rawValue)]))])
    }

    /// `{"errors":[{"code":…,"text":…,"module":"main","reason":…}]}`; the text has the name `textName`.
    fileprivate func list(_ errors: APIErrorFormat.Errors, textName: String) -> JSON {
        var members = [text("code", code)]
        switch errors {
        case .bc, .none: break
        case .text: members.append(text(textName, message))
        case .html: members.append(text(textName, message.escapedForHTML))
        case .raw: members += [text("key", code), .init("params", .array(parameters.map { .string($0) }))]
        }
        members += [text("module", "main"), text("reason", reason.rawValue)]
        return .object([.init("errors", .array([.object(members)]))])
    }

    /// What stands for `$1` in MediaWiki's message.
    private var parameters: [String] { message == explanation ? [] : [explanation] }

    private func text(_ name: String, _ value: String) -> JSON.Member { .init(name, .string(value)) }

    /// An error of the REST API (MediaWiki\Rest\ResponseFactory).
    var rest: JSON {
        .object([
            text("errorKey", code),
            .init("messageTranslations", .object([text("en", message)])),
            .init("httpCode", .integer(Int64(status))),
            text("httpReason", phrase),
            text("reason", reason.rawValue),
        ])
    }

    /// Plain text for people.
    var page: [UInt8] { Array("\(message)\n(\(code), \(reason.rawValue))\n".utf8) }

    /// The error as MediaWiki's ApiFormatXml writes it: texts are attributes, the one of `errors` is the content.
    fileprivate func xml(_ errors: APIErrorFormat.Errors) -> String {
        let name = #"code="\#(code.escapedForHTML)""#
        let module = #"module="main" reason="\#(reason.rawValue)""#
        let message = message.escapedForHTML
        let element =
            switch errors {
            case .bc: #"<error \#(name) info="\#(message)" reason="\#(reason.rawValue)" />"#
            case .text: #"<errors><error \#(name) \#(module) xml:space="preserve">\#(message)</error></errors>"#
            case .html:
                #"<errors><error \#(name) \#(module) xml:space="preserve">\#(message.escapedForHTML)</error></errors>"#
            case .none: "<errors><error \(name) \(module) /></errors>"
            case .raw:
                #"<errors><error \#(name) key="\#(code.escapedForHTML)" \#(module)><params>"#
                    + parameters.map { "<param>\($0.escapedForHTML)</param>" }.joined()
                    + "</params></error></errors>"
            }
        return #"<?xml version="1.0"?><api>\#(element)</api>"#
    }
}

extension APIErrorFormat {
    /// The Content-Type.
    var contentType: String {
        switch output {
        case .json: "application/json; charset=utf-8"
        case .xml: "text/xml; charset=utf-8"
        case .php: "application/vnd.php.serialized; charset=utf-8"
        }
    }

    /// `error` in this format.
    func body(of error: RefusalError) -> [UInt8] {
        if output == .xml { return Array(error.xml(errors).utf8) }
        let value = errors == .bc ? error.bc : error.list(errors, textName: textName)
        return output == .php ? value.phpSerialized : value.compact
    }

    /// Version 1 calls the content of an element `*`.
    private var textName: String { !isVersion2 ? "*" : errors == .html ? "html" : "text" }
}

extension JSON {
    /// The value as PHP's `serialize` writes it. Of numbers only integers are known.
    var phpSerialized: [UInt8] {
        func array(_ entries: [(key: String, value: JSON)]) -> [UInt8] {
            entries.reduce(Array("a:\(entries.count):{".utf8)) { $0 + Array($1.key.utf8) + $1.value.phpSerialized }
                + Array("}".utf8)
        }
        func string(_ text: String) -> String { "s:\(text.utf8.count):\"\(text)\";" }
        switch self {
        case .null: return Array("N;".utf8)
        case .bool(let value): return Array("b:\(value ? 1 : 0);".utf8)
        case .number(let literal): return Array("i:\(literal);".utf8)
        case .string(let text): return Array(string(text).utf8)
        case .array(let elements): return array(elements.enumerated().map { ("i:\($0);", $1) })
        case .object(let members): return array(members.map { (string($0.name), $0.value) })
        }
    }
}
