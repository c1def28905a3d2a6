// Policies of forecasts in a file of their own, or in a configuration that is read for nothing else.

import Bytes
import Forecast

/// A file of policies, for `sessiongate forecast`.
package struct ForecastPolicyFile {
    private let file: String
    private static let form = "forecast: {policies: …}, or policies: …"

    /// Reads the policies of a file: `forecast: {policies: …}`, as in a configuration, which it may be as a whole; or
    /// `policies: …`.
    /// - Throws: All that is wrong with them.
    package static func read(_ file: String) throws(ConfigurationErrors) -> [ForecastPolicy] {
        let reader = ForecastPolicyFile(file: file)
        let root = try reader.root()
        guard case .table(let entries) = root.content else { throw reader.error(1, "", "got \(root.form)", form) }
        guard let section = entries.first(where: { $0.name == "forecast" }) else {
            return try reader.policies(in: entries, of: "", at: root.place)
        }
        guard case .table(let inner) = section.value.content else {
            throw reader.error(at: section.place, "forecast", "got \(section.value.form)", form)
        }
        return try reader.policies(in: inner, of: "forecast", at: section.place)
    }

    private func policies(
        in entries: [SourceValue.Entry], of section: String, at place: Place
    ) throws(ConfigurationErrors) -> [ForecastPolicy] {
        guard let found = entries.first(where: { $0.name == "policies" }) else {
            throw error(at: place, section, "there are no policies", Self.form)
        }
        let key = section.isEmpty ? "policies" : "\(section).policies"
        let codec = Codec<[ForecastPolicy]>.forecastPolicies
        var mismatches: [Mismatch] = []
        let policies = codec.decode(found.value, &mismatches) ?? []
        if policies.isEmpty, mismatches.isEmpty { mismatches = [Mismatch(problem: "there are no policies")] }
        guard mismatches.isEmpty else {
            let problems = mismatches.map { mismatch in
                ConfigurationProblem(
                    place: mismatch.place ?? found.place, key: mismatch.part.map { "\(key).\($0)" } ?? key,
                    problem: mismatch.problem, expected: mismatch.expected ?? codec.expectation)
            }
            throw ConfigurationErrors(problems: problems)
        }
        return policies
    }

    private func root() throws(ConfigurationErrors) -> SourceValue {
        let text = try text()
        do throws(YAMLProblem) {
            if let node = try composeMarkingRepetitions(text) { return SourceValue(node) { .file(file, line: $0) } }
        } catch {
            throw self.error(error.line, "", "this can't be read as YAML: \(error.problem)", Self.form)
        }
        throw error(1, "", "it is empty", Self.form)
    }

    private func text() throws(ConfigurationErrors) -> String {
        do throws(FileProblem) {
            if let text = String(validating: try Files.read(file, limit: 1 << 20), as: UTF8.self) { return text }
        } catch {
            throw self.error(1, "", error.problem, "a file with policies, in YAML")
        }
        throw error(1, "", "it is not UTF-8", Self.form)
    }

    private func error(_ line: Int, _ key: String, _ problem: String, _ expected: String) -> ConfigurationErrors {
        error(at: .file(file, line: line), key, problem, expected)
    }

    private func error(at place: Place, _ key: String, _ problem: String, _ expected: String) -> ConfigurationErrors {
        ConfigurationErrors(problems: [
            ConfigurationProblem(place: place, key: key, problem: problem, expected: expected)
        ])
    }
}
