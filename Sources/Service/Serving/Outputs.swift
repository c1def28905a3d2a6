// What `serve` writes to besides its log: looked at by `config check`, which makes nothing.

import Foundation
import Telemetry
import Transport

extension LoadedConfiguration {
    /// Looks whether `serve` could open the files that it can't start without.
    /// - Throws: When it could not.
    public func checkOutputs() throws(ConfigurationErrors) {
        do {
            try DecisionLog.check(configuration.decisions)
        } catch {
            throw ConfigurationErrors(problems: [problem(of: error)])
        }
    }

    /// Directories that are not there or can't be written, for files that come and go with the server. A service manager may
    /// make them when it starts it.
    public var outputWarnings: [ConfigurationProblem] {
        let server = configuration.server
        var files: [(key: String, path: String)] = server.dataListeners.compactMap { listener in
            path(listener.address).map { ("server.listen", $0) }
        }
        if let admin = server.admin.flatMap(path) { files.append(("server.admin", admin)) }
        if let file = configuration.nonceFile { files.append(("oauth1.nonce_file", file)) }
        return files.compactMap { key, file in
            let directory = Files.directory(of: file)
            guard access(directory, W_OK | X_OK) != 0 else { return nil }
            return ConfigurationProblem(
                place: places[key] ?? .file(self.file, line: 1), key: key,
                problem: "\(file) could not be made now: \(FileProblem.system(directory))",
                expected: "a directory that exists and can be written when serve starts")
        }
    }

    /// That the decision log can't be opened.
    func problem(of error: DecisionLogError) -> ConfigurationProblem {
        ConfigurationProblem(
            place: places["decisions.file"] ?? .file(file, line: 1), key: "decisions.file",
            problem: "\(configuration.decisions.file ?? ""): \(error)",
            expected: "a file that can be written, or \"-\" for standard output")
    }

    private func path(_ address: ListenerAddress) -> String? {
        if case .unix(let path) = address { path } else { nil }
    }
}
