// CheckRequests in proto3 JSON: what curl, tests and tools send on the path that Envoy calls with protobuf.
//
// The document is parsed twice. Our parser comes first: it bounds size, depth and the number of values, and its errors say
// at which byte. swift-protobuf then reads the fields; `FaultyField` says which field it refused.

import Bytes
import SwiftProtobuf

/// CheckRequests in proto3 JSON.
package enum CheckRequestJSON {
    /// The protobuf message for a proto3 JSON document.
    ///
    /// Header names become lower-case, as HTTP/2 and Envoy have them. Typed metadata is dropped: its types are not known
    /// here, and no decision depends on it.
    ///
    /// - Throws: ``JSONError`` with the byte where the text is not JSON, or with the path of the field that is refused
    ///   (`attributes.request.http.size: expected a whole number`). A field that the contract does not have is refused.
    package static func transcode(_ json: Bytes) throws(JSONError) -> [UInt8] {
        let document = try JSON(parsing: json)
        try document.refuseRepeatedNames()
        var request = try decode(json, document)
        if request.hasAttributes { try normalize(&request.attributes) }
        return try serialize(request)
    }

    private static func decode(_ json: Bytes, _ document: JSON) throws(JSONError) -> EnvoyCheckRequest {
        do {
            return try EnvoyCheckRequest(jsonUTF8Bytes: json.array)
        } catch {
            throw FaultyField.find(in: document) { probe in _ = try EnvoyCheckRequest(jsonUTF8Bytes: probe) }
        }
    }

    private static func normalize(_ attributes: inout EnvoyAttributeContext) throws(JSONError) {
        if attributes.hasMetadataContext { attributes.metadataContext.typedFilterMetadata = [:] }
        if attributes.hasRouteMetadataContext { attributes.routeMetadataContext.typedFilterMetadata = [:] }
        guard attributes.hasRequest, attributes.request.hasHTTP else { return }
        try normalize(&attributes.request.http)
    }

    private static func normalize(_ http: inout EnvoyAttributeContext.HttpRequest) throws(JSONError) {
        var headers: [String: String] = [:]
        for (name, value) in http.headers where headers.updateValue(value, forKey: lowercased(name)) != nil {
            throw JSONError("is given twice", path: "attributes.request.http.headers.\(lowercased(name))")
        }
        http.headers = headers
        for index in http.headerMap.headers.indices {
            http.headerMap.headers[index].key = lowercased(http.headerMap.headers[index].key)
        }
    }

    private static func lowercased(_ name: String) -> String {
        String(decoding: name.utf8.map { ASCII.isUpper($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// The message. Maps are written in the order of their keys, so that a document always gives the same bytes.
    private static func serialize(_ request: EnvoyCheckRequest) throws(JSONError) -> [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        do {
            return try request.serializedBytes(options: options)
        } catch {
            throw JSONError("can't be written as protobuf")
        }
    }
}

extension JSON {
    /// proto3 JSON leaves open what a repeated name means; two readers could see two requests.
    fileprivate func refuseRepeatedNames() throws(JSONError) {
        var names: Set<String> = []
        for member in members ?? [] {
            guard names.insert(member.name).inserted else { throw JSONError("is given twice", path: member.name) }
            try member.value.refuseRepeatedNames(within: member.name)
        }
        for (index, element) in (elements ?? []).enumerated() {
            try element.refuseRepeatedNames(within: "[\(index)]")
        }
    }

    private func refuseRepeatedNames(within place: String) throws(JSONError) {
        do {
            try refuseRepeatedNames()
        } catch {
            throw JSONError(error.reason, path: FaultyField.path(place, error.path))
        }
    }
}
