import ArgumentParser
import Foundation
import Service
import Tools
import Transport

/// Where the admin listener is: as the configuration says, or as it is given.
struct AdminOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file, whose `server.admin` is asked.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The admin listener (server.admin): host:port, http://host:port or unix:/path.", valueName: "address"))
    var admin: String?

    @Option(help: ArgumentHelp("The file with the admin listener's token.", valueName: "file"))
    var tokenFile: String?

    func validate() throws {
        guard admin == nil || address != nil else {
            throw ValidationError("--admin must be host:port, http://host:port or unix:/path")
        }
    }

    private var address: ListenerAddress? {
        let (text, prefix) = (admin ?? "127.0.0.1:9002", "http://")
        let bare = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        return ListenerAddress(
            parsing: bare.hasSuffix("/") && !bare.hasPrefix("unix:") ? String(bare.dropLast()) : bare)
    }

    /// A client of the listener, and what it is called; 127.0.0.1:9002 when nothing is said.
    /// - Parameter timeout: Seconds to wait for each part of an answer.
    func client(timeout: Int = 5) throws -> (client: AdminClient, address: String) {
        let loaded = try config.map { file in
            try orExit { () throws(ConfigurationErrors) in
                try LoadedConfiguration(file: file, environment: ProcessInfo.processInfo.environment)
            }
        }
        do throws(AdminClient.Failure) {
            if admin == nil, let loaded {
                return (try AdminClient(loaded, timeout: timeout), loaded.configuration.server.admin?.text ?? "")
            }
        } catch {
            complain("error: \(error)")
            throw ExitCode(2)
        }
        guard let address else { throw ExitCode(2) }
        let token = try tokenFile.map { try String(contentsOfFile: $0, encoding: .utf8).filter { !$0.isNewline } }
        return (AdminClient(address, token: token, timeout: timeout), address.text)
    }
}
