// CheckResponses read back: as proto3 JSON for clients that ask with JSON, and as a value for `explain` and the replay of
// recordings. The request path does not come here, it only writes them.

import Bytes
import SwiftProtobuf

/// CheckResponses in proto3 JSON.
package enum CheckResponseJSON {
    /// The proto3 JSON of a protobuf message, in one line. A message always gives the same text.
    ///
    /// - Throws: swift-protobuf's error when `message` is not a CheckResponse, for instance because a string is not UTF-8.
    package static func transcode(_ message: Bytes) throws -> [UInt8] {
        var response = try EnvoyCheckResponse(protobuf: message)
        let metadata = response.metadata
        response.clearDynamicMetadata()
        let text: [UInt8] = try response.jsonUTF8Bytes()
        guard let metadata else { return text }
        let members = try JSON(parsing: text).members ?? []
        return JSON.object(members + [JSON.Member("dynamicMetadata", metadata)]).compact
    }
}

extension EnvoyCheckResponse {
    /// Reads a protobuf message.
    ///
    /// - Throws: swift-protobuf's error when `message` is not a CheckResponse.
    package init(protobuf message: Bytes) throws {
        try self.init(serializedBytes: message.array)
    }

    /// What changes in a request that goes on; nil when it does not.
    package var ok: EnvoyOkHttpResponse? {
        if case .okResponse(let ok) = httpResponse { ok } else { nil }
    }

    /// The response to a client that is refused; nil when it is not.
    package var denied: EnvoyDeniedHttpResponse? {
        if case .deniedResponse(let denied) = httpResponse { denied } else { nil }
    }

    /// The dynamic metadata with members in the order of their names; nil when there is none.
    package var metadata: JSON? { hasDynamicMetadata ? JSON(dynamicMetadata) : nil }
}

/// swift-protobuf writes a Struct in the order of Swift's dictionaries, which differs from one run to the next.
extension JSON {
    fileprivate init(_ structure: Google_Protobuf_Struct) {
        let fields = structure.fields.sorted { $0.key < $1.key }
        self = .object(fields.map { JSON.Member($0.key, JSON($0.value)) })
    }

    private init(_ value: Google_Protobuf_Value) {
        switch value.kind {
        case .nullValue, nil: self = .null
        case .boolValue(let value): self = .bool(value)
        case .numberValue(let number): self = JSON(number)
        case .stringValue(let text): self = .string(text)
        case .listValue(let list): self = .array(list.values.map { JSON($0) })
        case .structValue(let structure): self = JSON(structure)
        }
    }

    /// JSON has no number for infinity.
    private init(_ number: Double) {
        guard number.isFinite else { self = .null; return }
        self = Int64(exactly: number).map { .integer($0) } ?? .number(number.description)
    }
}
