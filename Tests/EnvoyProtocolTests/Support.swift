// What the tests share: fixtures, decoding with the lifetime that views need, JSON in a form to compare.

import Testing
import Bytes
import EnvoyProtocol
import TestSupport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A message that Envoy's Python classes serialised, and its content as proto3 JSON.
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String
    let message: [UInt8]
    let json: JSON

    var testDescription: String { name }

    static let requests = load("requests.jsonl")
    static let responses = load("responses.jsonl")

    private static func load(_ file: String) -> [Fixture] {
        do {
            return try TestFiles.fixture("wire/\(file)").split(separator: 0x0A).map { line in
                try Fixture(line: Array(line))
            }
        } catch {
            fatalError("\(file): \(error)")
        }
    }

    private init(line: [UInt8]) throws {
        let entry = try JSON(parsing: line)
        name = try #require(entry["name"]?.stringValue)
        json = try #require(entry["json"])
        let base64 = try #require(entry["message"]?.stringValue)
        message = Array(try #require(Data(base64Encoded: base64)))
    }
}

/// Decodes a request and keeps it and the message alive while `body` looks at it.
@discardableResult
func withRequest<Result>(_ message: [UInt8], _ body: (CheckRequest) throws -> Result) throws -> Result {
    try message.withBytes { (bytes) throws -> Result in
        let request = try CheckRequest(protobuf: bytes)
        return try withExtendedLifetime(request) { try body(request) }
    }
}

/// Decodes a request that `build` makes up.
@discardableResult
func withBuiltRequest<Result>(
    _ build: (inout CheckRequestBuilder) -> Void, _ body: (CheckRequest) throws -> Result
) throws -> Result {
    var builder = CheckRequestBuilder(host: "wiki.example.org")
    build(&builder)
    return try withRequest(builder.encode(), body)
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension JSON {
    /// Members in the order of their names and numbers in one form: values that are equal as proto3 JSON compare equal.
    var normalized: JSON {
        switch self {
        case .number: .number(doubleValue.map(\.description) ?? "not a number")
        case .array(let elements): .array(elements.map(\.normalized))
        case .object(let members):
            .object(
                members.map { member in Member(member.name, member.value.normalized) }
                    .sorted { left, right in left.name < right.name })
        default: self
        }
    }
}
