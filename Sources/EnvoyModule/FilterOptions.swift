// What Envoy's configuration says to the filter: the path of the configuration file, as a google.protobuf.StringValue; or a
// google.protobuf.Struct, which comes as JSON, with the path and what ext_authz's own filter would be told.
//
//     config: /etc/sessiongate/sessiongate.yaml
//     metadata_namespace: envoy.filters.http.ext_authz
//     max_form_bytes: 2097152
//     failure_mode_allow: false

import Bytes

/// The options of one filter.
struct FilterOptions: Equatable {
    /// The configuration file.
    var file = ""
    /// Where the metadata goes.
    var metadataNamespace = "envoy.filters.http.ext_authz"
    /// Bytes of the longest signed form; Envoy answers a longer one with 413.
    var maxFormBytes: UInt64 = 2 << 20
    /// Whether requests pass, unidentified, when nothing can be decided.
    var passesOnFailure = false

    /// Reads the options.
    /// - Throws: All that is wrong with them.
    init(_ text: Bytes) throws(OptionErrors) {
        guard let json = Self.object(text) else {
            file = text.trimmed.string
            if file.isEmpty { throw OptionErrors(problems: ["filter_config: no path of a configuration file"]) }
            return
        }
        var reader = OptionReader(json, place: "filter_config")
        file = reader.string("config") ?? ""
        metadataNamespace = reader.string("metadata_namespace") ?? metadataNamespace
        maxFormBytes = reader.size("max_form_bytes", 1...(1 << 30)) ?? maxFormBytes
        passesOnFailure = reader.bool("failure_mode_allow") ?? passesOnFailure
        if json["config"] == nil { reader.add("config", "missing; expected the path of a configuration file") }
        try reader.finish()
    }

    /// The text as an object; nil when it is none, and so a path.
    private static func object(_ text: Bytes) -> JSON? {
        guard text.trimmed.first == UInt8(ascii: "{") else { return nil }
        return try? JSON(parsing: text)
    }
}

/// What is wrong with options; never empty.
struct OptionErrors: Error, Equatable {
    let problems: [String]
}

/// Reads members of an object, and finds all that is wrong with them.
struct OptionReader {
    private let members: [JSON.Member]
    private let place: String
    private var problems: [String] = []
    private var known: [String] = []

    init(_ json: JSON, place: String) {
        members = json.members ?? []
        self.place = place
    }

    mutating func add(_ name: String, _ problem: String) { problems.append("\(place): \(name): \(problem)") }

    mutating func string(_ name: String) -> String? { value(name, "a string that is not empty") { $0.nonEmpty } }

    mutating func bool(_ name: String) -> Bool? { value(name, "true or false") { $0.boolValue } }

    mutating func size(_ name: String, _ range: ClosedRange<Int64>) -> UInt64? {
        value(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") { json in
            json.integerValue.flatMap { range.contains($0) ? UInt64($0) : nil }
        }
    }

    mutating func choice(_ name: String, _ choices: [String]) -> String? {
        value(name, choices.joined(separator: " or ")) { json in
            json.stringValue.flatMap { choices.contains($0) ? $0 : nil }
        }
    }

    private mutating func value<Value>(_ name: String, _ expected: String, _ read: (JSON) -> Value?) -> Value? {
        known.append(name)
        guard let json = members.last(where: { $0.name == name })?.value else { return nil }
        if let value = read(json) { return value }
        add(name, "got \(String(decoding: json.compact.prefix(80), as: UTF8.self)); expected \(expected)")
        return nil
    }

    /// - Throws: All that was found, members that were not asked for among it.
    mutating func finish() throws(OptionErrors) {
        for member in members where !known.contains(member.name) {
            add(String(member.name.prefix(64)), "unknown; expected one of \(known.joined(separator: ", "))")
        }
        if !problems.isEmpty { throw OptionErrors(problems: problems) }
    }
}

extension JSON {
    fileprivate var nonEmpty: String? { stringValue.flatMap { $0.isEmpty ? nil : $0 } }
}
