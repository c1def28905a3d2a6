// A key of the configuration. All that is known about it stands in one row of a table: reading and checking the file, the
// environment's override, the reference, the commented example and what the admin listener shows are made of these rows.

import Bytes

/// One key of the configuration.
public struct ConfigurationKey: Sendable {
    /// Its path: `oauth1.timestamp_window`.
    public let path: String
    /// What it does, in a sentence or two.
    public let documentation: String
    /// What belongs there, as it follows "expected".
    public let expectation: String
    /// Never shown.
    public let isSecret: Bool
    /// There is no default.
    public let isRequired: Bool
    /// What the commented example shows when the default would not tell: YAML, of one or several lines.
    public let example: String?
    /// Whether the process keeps the value that it started with. A reload says so when it has changed.
    public private(set) var needsRestart = false
    /// Reads a value into the configuration, or adds mismatches.
    let apply: @Sendable (SourceValue, inout Configuration, inout [Mismatch]) -> Void
    /// The value in force.
    let value: @Sendable (Configuration) -> JSON
    /// Takes the value over from another configuration.
    let copy: @Sendable (_ from: Configuration, _ into: inout Configuration) -> Void

    /// The environment variable that overrides it: `SESSIONGATE_OAUTH1_TIMESTAMP_WINDOW`.
    public var variable: String { Self.variable(of: path) }

    /// The variable for a path.
    static func variable(of path: String) -> String {
        variablePrefix + String(path.uppercased().map { $0 == "." ? "_" : $0 })
    }

    /// What the names of overriding variables begin with.
    static let variablePrefix = "SESSIONGATE_"

    /// The name without the section.
    var name: String { path.split(separator: ".").last.map(String.init) ?? path }

    /// The sections that it is in, outermost first: `["store", "sqlite"]`.
    var sections: [String] { path.split(separator: ".").dropLast().map(String.init) }
}

extension ConfigurationKey {
    /// A row of the table: where the value belongs, how it is written, what it does.
    init<Value: Sendable>(
        _ path: String, _ target: any WritableKeyPath<Configuration, Value> & Sendable, _ codec: Codec<Value>,
        _ documentation: String, example: String? = nil, required: Bool = false, secret: Bool = false
    ) {
        self.init(
            path, \.self, target, codec, documentation, example: example, required: required, secret: secret)
    }

    /// A row for a part of a group of settings.
    init<Group, Value: Sendable>(
        _ path: String, _ group: any WritableKeyPath<Configuration, Group> & Sendable,
        _ part: any WritableKeyPath<Group, Value> & Sendable, _ codec: Codec<Value>, _ documentation: String,
        example: String? = nil, required: Bool = false, secret: Bool = false
    ) {
        self.path = path
        self.documentation = documentation
        expectation = codec.expectation
        isSecret = secret
        isRequired = required
        self.example = example
        apply = { source, configuration, mismatches in
            if case .absent = source.content { return }
            guard let value = codec.decode(source, &mismatches) else { return }
            configuration[keyPath: group][keyPath: part] = value
        }
        value = { codec.encode($0[keyPath: group][keyPath: part]) }
        copy = { $1[keyPath: group][keyPath: part] = $0[keyPath: group][keyPath: part] }
    }

    /// The same key, of a value that the process keeps from its start to its end.
    var fixedAtStart: ConfigurationKey {
        var key = self
        key.needsRestart = true
        return key
    }

    /// A row for a value that has no default and may be missing.
    init<Value: Sendable>(
        _ path: String, optional target: any WritableKeyPath<Configuration, Value?> & Sendable, _ codec: Codec<Value>,
        _ documentation: String, example: String? = nil, required: Bool = false, secret: Bool = false
    ) {
        let (decode, encode) = (codec.decode, codec.encode)
        let optional = Codec<Value?>(
            expectation: codec.expectation,
            decode: { source, mismatches in decode(source, &mismatches).map { .some($0) } },
            encode: { $0.map(encode) ?? .null })
        self.init(path, target, optional, documentation, example: example, required: required, secret: secret)
    }
}

/// A part of the configuration: what its keys have in common.
public struct ConfigurationSection: Sendable {
    /// Its path, empty for the file itself.
    public let path: String
    /// What its keys are about.
    public let documentation: String
    /// The keys, in the order in which they are shown.
    public let keys: [ConfigurationKey]

    init(_ path: String, _ documentation: String, _ keys: [ConfigurationKey]) {
        self.path = path
        self.documentation = documentation
        self.keys = keys
    }

    /// The same section, of values that the process keeps from its start to its end.
    var fixedAtStart: ConfigurationSection {
        ConfigurationSection(path, documentation, keys.map(\.fixedAtStart))
    }
}
