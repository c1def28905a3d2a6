// From a file and an environment to a configuration that holds together, or to everything that is wrong with them.

import Sessions
import Cryptography
import Bytes
import Transport

/// A configuration that was read, checked, and whose keys are loaded.
public struct LoadedConfiguration: Sendable {
    /// The file that it was read from.
    public let file: String
    /// The values in force; file names are seen from where the process is.
    public private(set) var configuration: Configuration
    /// The keys.
    public let keys: LoadedKeys
    /// Where each value that is not a default was written, by the key's path.
    public let places: [String: Place]
    /// What works but should be looked at.
    public let warnings: [ConfigurationProblem]
    /// The files that all this was read from.
    let sources: [SourceFile]
    /// What was laid over the file.
    let environment: [String: String]
}

extension LoadedConfiguration {
    /// Reads `file`, lays `environment` over it, checks everything and loads secrets and keys.
    public init(file: String, environment: [String: String]) throws(ConfigurationErrors) {
        self = try Self.read(file, environment).result.get()
    }

    /// Reads `file` as ``init(file:environment:)`` does, and says which files that took, also when one of them is wrong.
    /// - Parameter contents: What stands for the contents of `file`; nil: what is in it.
    static func read(
        _ file: String, contents: [UInt8]? = nil, _ environment: [String: String]
    ) -> (result: Result<LoadedConfiguration, ConfigurationErrors>, sources: [SourceFile]) {
        var reading = Reading(file: file, contents: contents, environment: environment)
        reading.applyTable()
        let keys = reading.isWhole ? reading.complete() : LoadedKeys()
        guard reading.problems.isEmpty else {
            return (.failure(ConfigurationErrors(problems: reading.sortedProblems)), reading.sources)
        }
        return (.success(LoadedConfiguration(reading, keys, environment)), reading.sources)
    }

    private init(_ reading: Reading, _ keys: LoadedKeys, _ environment: [String: String]) {
        file = reading.file
        self.keys = keys
        configuration = reading.configuration
        places = reading.given.values.mapValues(\.place)
        warnings = reading.warnings
        sources = reading.sources
        self.environment = environment
    }

    /// Keeps the values of `running` that can't be changed while a process runs.
    /// - Returns: The paths of the keys whose values differ.
    mutating func keepFixedValues(of running: LoadedConfiguration) -> [String] {
        let changed = ConfigurationSection.all.flatMap(\.keys).filter { key in
            key.needsRestart && key.value(configuration) != key.value(running.configuration)
        }
        for key in changed { key.copy(running.configuration, &configuration) }
        configuration.derive()
        return changed.map(\.path)
    }
}

/// What a command needs of a configuration to ask the admin listener of a server that runs: the store and the keys need not be there,
/// and what is wrong elsewhere in the file does not count, since the server runs by what it read before.
public struct AdminConfiguration: Sendable {
    /// The server's listeners and its certificate.
    package let server: ServerConfiguration
    /// The token that the admin listener demands; nil when it demands none. A secret.
    package let token: String?

    /// Reads them from `file` and `environment`.
    /// - Throws: What is wrong with the file as a whole, or with these values.
    public init(file: String, environment: [String: String]) throws(ConfigurationErrors) {
        var reading = Reading(file: file, environment: environment)
        reading.applyTable()
        let isWhole = reading.isWhole
        let isTLS = reading.configuration.server.isAdminTLS
        if isWhole {
            reading.resolveFiles()
            reading.loadAdminToken()
            if isTLS { reading.requireCertificate() }
        }
        let sections = ConfigurationSection.all.map(\.path)
        let problems = reading.sortedProblems.filter { problem in
            // A section that is unknown may be one of these, misspelt: the token must go to no other listener than to that which is meant.
            switch problem.key.prefix(while: { $0 != "." }) {
            case "server": true
            case "tls": isTLS
            case let section: !isWhole || !sections.contains { $0 == section || $0.hasPrefix("\(section).") }
            }
        }
        guard problems.isEmpty else { throw ConfigurationErrors(problems: problems) }
        self.init(reading.configuration)
    }

    /// Those of a configuration that was read as a whole.
    public init(_ loaded: LoadedConfiguration) { self.init(loaded.configuration) }

    private init(_ configuration: Configuration) {
        (server, token) = (configuration.server, configuration.adminToken)
    }
}

/// A configuration on its way.
struct Reading {
    var configuration = Configuration()
    var problems: [ConfigurationProblem] = []
    var warnings: [ConfigurationProblem] = []
    var sources: [SourceFile] = []
    let given: GivenValues
    let file: String
    /// The file could be read.
    let isWhole: Bool

    init(file: String, contents: [UInt8]? = nil, environment: [String: String]) {
        self.file = file
        var given = GivenValues(text: "", file: file)
        do {
            let bytes = if let contents { contents } else { try Files.read(file, limit: 1 << 20) }
            sources = [SourceFile(file, contents: bytes)]
            if let text = String(validating: bytes, as: UTF8.self) {
                given = GivenValues(text: text, file: file)
            } else {
                problems.append(ConfigurationProblem(place: .file(file, line: 1), key: "", problem: "it is not UTF-8"))
            }
        } catch {
            sources = [SourceFile(file, contents: nil)]
            let expected = "a configuration; `sessiongate init DIR` makes one"
            problems.append(
                ConfigurationProblem(
                    place: .file(file, line: 1), key: "", problem: error.problem, expected: expected))
        }
        isWhole = problems.isEmpty && given.isWhole
        given.override(by: environment)
        self.given = given
    }

    /// Loads what the values name, and checks what concerns several of them.
    fileprivate mutating func complete() -> LoadedKeys {
        resolveFiles()
        let keys = loadKeys()
        loadRedis()
        checkStore()
        checkDatabase()
        _ = loadTLS()
        configuration.derive()
        checkRules(keys: keys)
        return keys
    }

    /// Reads all values that are given, and names those that are missing.
    mutating func applyTable() {
        problems += given.problems
        adoptPreset()
        for key in ConfigurationSection.all.flatMap(\.keys) {
            if let value = given.values[key.path] {
                apply(value, to: key)
            } else if key.isRequired, isWhole {
                add(key.path, "missing", expected: key.expectation)
            }
        }
    }

    private mutating func apply(_ value: SourceValue, to key: ConfigurationKey) {
        var mismatches: [Mismatch] = []
        key.apply(value, &configuration, &mismatches)
        for mismatch in mismatches {
            let path = mismatch.part.map { "\(key.path).\($0)" } ?? key.path
            problems.append(
                ConfigurationProblem(
                    place: mismatch.place ?? value.place, key: path, problem: mismatch.problem,
                    expected: mismatch.expected ?? key.expectation))
        }
    }

    /// Where a key's value was written, or would be.
    func place(of key: String) -> Place {
        given.values[key]?.place ?? given.place(ofMissing: key)
    }

    mutating func add(_ key: String, _ problem: String, expected: String? = nil) {
        problems.append(ConfigurationProblem(place: place(of: key), key: key, problem: problem, expected: expected))
    }

    /// By line, the environment last.
    var sortedProblems: [ConfigurationProblem] {
        let weighted = problems.map { problem -> (weight: Int, problem: ConfigurationProblem) in
            if case .file(_, let line) = problem.place { return (line, problem) }
            return (Int.max, problem)
        }
        // A stable order: equal weights stay as they were found.
        return weighted.enumerated().sorted { ($0.element.weight, $0.offset) < ($1.element.weight, $1.offset) }
            .map(\.element.problem)
    }
}
