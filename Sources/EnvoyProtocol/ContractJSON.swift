// The contract in proto3 JSON: what curl, tests and tools send and read on the path that Envoy calls with protobuf.

import Bytes

/// CheckRequests in proto3 JSON.
public enum CheckRequestJSON {
    /// The protobuf message that a JSON text stands for.
    ///
    /// Errors name the offset where the text is not JSON, or the path of the value that is wrong
    /// (`attributes.request.http.size: expected a whole number`).
    public static func transcode(
        _ json: Bytes, unknownFields: UnknownFields = .refused
    ) throws(JSONError) -> [UInt8] {
        try transcode(try JSON(parsing: json), unknownFields: unknownFields)
    }

    /// The protobuf message that a JSON value stands for.
    public static func transcode(
        _ json: JSON, unknownFields: UnknownFields = .refused
    ) throws(JSONError) -> [UInt8] {
        try JSONToProtobuf.encode(json, as: .checkRequest, unknownFields: unknownFields)
    }

    /// The JSON value of a protobuf message. Typed metadata is left out; strings must be UTF-8.
    public static func json(protobuf message: Bytes) throws(WireError) -> JSON {
        try ProtobufToJSON.decode(message, as: .checkRequest)
    }
}

extension CheckResponse {
    /// The response in proto3 JSON.
    public var json: JSON {
        // A response that was encoded here decodes: its strings are Swift's, its numbers finite.
        let value = try? encode().withBytes { (bytes) throws(WireError) in try Self.json(protobuf: bytes) }
        return value ?? .object([])
    }

    /// The JSON value of a protobuf message, e.g. of an answer as a check wrote it.
    public static func json(protobuf message: Bytes) throws(WireError) -> JSON {
        try ProtobufToJSON.decode(message, as: .checkResponse)
    }

    /// Reads proto3 JSON.
    public init(json: JSON, unknownFields: UnknownFields = .refused) throws(JSONError) {
        let message = try JSONToProtobuf.encode(json, as: .checkResponse, unknownFields: unknownFields)
        do {
            self = try CheckResponse(protobuf: message)
        } catch {
            throw JSONError("has a value outside its field's range")
        }
    }
}
