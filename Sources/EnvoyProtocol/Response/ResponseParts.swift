// Pieces of a CheckResponse that several messages are made of, with their field numbers.

import Bytes

/// Field numbers of the messages that are written (envoy.service.auth.v3, google.rpc, google.protobuf).
enum ResponseField {
    static let status = 1, denied = 2, ok = 3, metadata = 4  // CheckResponse
    static let code = 1  // google.rpc.Status
    static let structFields = 1  // google.protobuf.Struct
    static let entryKey = 1, entryValue = 2  // map entry
    static let stringValue = 3, structValue = 5  // google.protobuf.Value
    static let headers = 2, headersToRemove = 5, responseHeadersToAdd = 6  // OkHttpResponse
    static let deniedStatus = 1, deniedHeaders = 2, deniedBody = 3  // DeniedHttpResponse
    static let header = 1, append = 2, appendAction = 3  // HeaderValueOption
    static let key = 1, value = 2  // HeaderValue
}

extension ProtobufWriter {
    /// What `body` writes.
    static func encoded(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        body(&writer)
        return writer.bytes
    }

    // MARK: Metadata: a Struct whose leaves are strings, since rate limit rules match nothing else

    /// A field of a `Struct` with a string value.
    mutating func leaf(_ name: StaticString, _ text: StaticString) { leaf(Bytes(name), Bytes(text)) }

    /// A field of a `Struct` with a string value.
    mutating func leaf(_ name: StaticString, _ text: String) {
        var text = text
        text.withUTF8 { leaf(Bytes(name), Bytes($0)) }
    }

    private mutating func leaf(_ name: Bytes, _ text: Bytes) {
        message(ResponseField.structFields) { entry in
            entry.bytes(ResponseField.entryKey, name)
            entry.message(ResponseField.entryValue) { $0.bytes(ResponseField.stringValue, text) }
        }
    }

    /// A field of a `Struct` that is a `Struct`.
    mutating func nested(_ name: StaticString, _ body: (inout ProtobufWriter) -> Void) {
        message(ResponseField.structFields) { entry in
            entry.string(ResponseField.entryKey, name)
            entry.message(ResponseField.entryValue) { $0.message(ResponseField.structValue, body) }
        }
    }

    /// Fields of a `Struct`.
    mutating func facts(_ facts: [Fact]) {
        for fact in facts {
            switch fact {
            case .text(let name, let text): leaf(name, text)
            case .group(let name, let inner): nested(name) { $0.facts(inner) }
            }
        }
    }

    /// `CheckResponse.dynamic_metadata`: `{"session": {…}}`.
    mutating func metadata(_ leaves: (inout ProtobufWriter) -> Void) {
        message(ResponseField.metadata) { $0.nested("session", leaves) }
    }

    // MARK: Headers

    /// An entry of `OkHttpResponse.headers`: the request header `name` is overwritten. Every Envoy from 1.35 on does the same with
    /// `append` false and OVERWRITE_IF_EXISTS_OR_ADD.
    mutating func requestHeader(_ name: String, _ value: [UInt8]) {
        message(ResponseField.headers) { option in
            option.headerValue(name, value)
            option.message(ResponseField.append) { _ in }
            option.varint(ResponseField.appendAction, UInt64(HeaderAppendAction.overwriteIfExistsOrAdd.rawValue))
        }
    }

    /// An entry of `OkHttpResponse.response_headers_to_add`: added to what the upstream answers, unless `action` says otherwise.
    mutating func responseHeader(
        _ name: String, _ value: [UInt8], _ action: HeaderAppendAction = .appendIfExistsOrAdd
    ) {
        message(ResponseField.responseHeadersToAdd) { option in
            option.headerValue(name, value)
            if action != .appendIfExistsOrAdd {
                option.varint(ResponseField.appendAction, UInt64(action.rawValue))
            }
        }
    }

    /// An entry of `DeniedHttpResponse.headers`: overwrites.
    mutating func deniedHeader(_ name: String, _ value: [UInt8]) {
        message(ResponseField.deniedHeaders) { option in
            option.headerValue(name, value)
            option.message(ResponseField.append) { _ in }
        }
    }

    private mutating func headerValue(_ name: String, _ value: [UInt8]) {
        message(ResponseField.header) { header in
            header.string(ResponseField.key, name)
            header.bytes(ResponseField.value, value)
        }
    }
}
