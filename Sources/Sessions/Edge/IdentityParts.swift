// What the edge is told about an identity, encoded once per identity instead of once per request.
//
// Two fragments of a CheckResponse: entries of OkHttpResponse (the request headers to set, then those to remove, so that no
// client can forge what is unknown), and entries of the metadata Struct.

import Bytes
import EnvoyProtocol

/// An encoded answer and its fragments.
struct IdentityParts: Sendable {
    /// The whole answer to a request with nothing unusual about it, whose cookie is `none`: that word is its end.
    let whole: [UInt8]
    private let headerRange: Range<Int>
    private let metadataRange: Range<Int>

    /// Fields of `OkHttpResponse`.
    var headers: ArraySlice<UInt8> { whole[headerRange] }
    /// Fields of the `session` metadata `Struct`.
    var metadata: ArraySlice<UInt8> { whole[metadataRange] }

    init(
        type: SessionType, user: User?, subject: String?, consumer: Consumer?, rateLimitClass: String?,
        edge: EdgeSettings
    ) {
        let subjectBytes = subject.map { Array($0.utf8) }
        let isBypass = edge.omitsBypass && rateLimitClass == "BYPASS"
        let all: [(name: String?, value: [UInt8]?)] = [
            (edge.userIDHeader, user.map { Array(String($0.id).utf8) }),
            (edge.subjectHeader, subjectBytes),
            (edge.consumerHeader, consumer?.key),
            (edge.classHeader, isBypass ? nil : rateLimitClass.map { Array($0.utf8) }),
            (edge.typeHeader, type == .none ? nil : Array(type.rawValue.utf8)),
            (edge.rateLimitKeyHeader, subjectBytes.map { Array("jwt-sub:".utf8) + $0 }),
        ]
        let known = all.compactMap { entry in entry.name.map { (name: $0, value: entry.value) } }
        var writer = ProtobufWriter()
        for (name, value) in known {
            if let value { Answer.writeRequestHeader(name, HeaderText.printable(value), into: &writer) }
        }
        for (name, value) in known where value == nil { writer.string(5, name) }
        for name in edge.foreignHeaders { writer.string(5, name) }
        let metadata = Self.metadata(type, user, subject, consumer, rateLimitClass)
        (whole, headerRange, metadataRange) = Answer.whole(
            type == .none ? .anonymous : .authenticated, headers: writer.bytes, metadata: metadata)
    }

    private static func metadata(
        _ type: SessionType, _ user: User?, _ subject: String?, _ consumer: Consumer?, _ rateLimitClass: String?
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        Answer.writeLeaf("type", type.rawValue, into: &writer)
        if let user, let subject {
            Answer.writeStruct("user", into: &writer) { writer in
                Answer.writeLeaf("id", String(user.id), into: &writer)
                Answer.writeLeaf("name", user.name, into: &writer)
                Answer.writeLeaf("sub", subject, into: &writer)
            }
        }
        if let consumer {
            Answer.writeStruct("consumer", into: &writer) { writer in
                Answer.writeLeaf("key", consumer.key.withBytes { $0.string }, into: &writer)
                Answer.writeLeaf("id", String(consumer.id), into: &writer)
                Answer.writeLeaf("name", consumer.name, into: &writer)
                Answer.writeLeaf("owner_only", consumer.ownerOnly ? "true" : "false", into: &writer)
            }
        }
        if let rateLimitClass { Answer.writeLeaf("class", rateLimitClass, into: &writer) }
        if let subject { Answer.writeLeaf("rate_limit_key", "jwt-sub:" + subject, into: &writer) }
        return writer.bytes
    }
}
