// CheckRequest: protobuf that is decoded in place, beside swift-protobuf's reading of the same bytes.

import Bytes
import EnvoyProtocol
import SwiftProtobuf

/// Decodes `input` twice and by swift-protobuf, and writes it again.
func fuzzCheckRequest(_ input: Bytes) throws(BrokenPromise) {
    guard let facts = try CheckRequestFacts(decoding: input) else { return }
    try promise(try CheckRequestFacts(decoding: input) == facts, "the second reading is as the first")
    // swift-protobuf refuses texts that are not UTF-8, where we take bytes.
    if let other = try? EnvoyCheckRequest(serializedBytes: input.array) {
        try promise(CheckRequestFacts(other.attributes) == facts, "swift-protobuf reads the same")
    }
    try checkRoundTrip(of: input, facts)
}

/// What is written of a request is read as it was, and written as it was.
private func checkRoundTrip(of input: Bytes, _ facts: CheckRequestFacts) throws(BrokenPromise) {
    let first = try written(input, facts)
    let second = try first.withBytes { (bytes) throws(BrokenPromise) -> [UInt8] in
        guard let read = try CheckRequestFacts(decoding: bytes) else {
            throw BrokenPromise(promise: "what is written decodes")
        }
        try promise(read.line == facts.line && read.size == facts.size, "what is written is what was read")
        return try written(bytes, read)
    }
    try promise(first == second, "writing is stable")
}

/// The request in `input`, written again.
private func written(_ input: Bytes, _ facts: CheckRequestFacts) throws(BrokenPromise) -> [UInt8] {
    guard let request = try? CheckRequest(protobuf: input) else { throw BrokenPromise(promise: "decodes again") }
    var builder = CheckRequestBuilder()
    (builder.id, builder.method, builder.path) = (facts.line[0], facts.line[1], facts.line[2])
    (builder.host, builder.scheme, builder.body) = (facts.line[3], facts.line[4], facts.line[5])
    builder.size = facts.size
    builder.usesHeaderMap = true
    request.forEachHeader { builder.addHeader($0, $1) }
    return builder.encode()
}
