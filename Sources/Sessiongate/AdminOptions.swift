import ArgumentParser
import Foundation
import Service
import Tools

/// Where the admin listener is: as the configuration says, or as it is given.
struct AdminOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file, whose `server.admin` is asked.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The admin listener (server.admin): \(AdminEndpoint.expectation). Without --config: 127.0.0.1:9002.",
            valueName: "address"))
    var admin: String?

    @Option(
        help: ArgumentHelp(
            "The file with the admin listener's token. Without it: with --config the configured one.", valueName: "file"
        ))
    var tokenFile: String?

    @OptionGroup(title: "TLS to the admin listener") var tls: AdminTLSOptions

    func validate() throws {
        guard admin == nil || endpoint != nil else {
            throw ValidationError("--admin must be \(AdminEndpoint.expectation)")
        }
    }

    private var endpoint: AdminEndpoint? { AdminEndpoint(parsing: admin ?? "127.0.0.1:9002") }

    /// A client of the listener; of 127.0.0.1:9002 when nothing is said.
    /// - Parameter timeout: Seconds to wait for each part of an answer.
    func client(timeout: Int = 5) throws -> AdminClient {
        let loaded = try config.map { file in
            try orExit { () throws(ConfigurationErrors) in
                try AdminConfiguration(file: file, environment: ProcessInfo.processInfo.environment)
            }
        }
        if admin == nil, let loaded {
            return try orExit { () throws(AdminClient.Failure) in
                try AdminClient(loaded, token: try givenToken(), tls: tls.files, timeout: timeout)
            }
        }
        guard let endpoint else { throw ExitCode(2) }
        return try client(of: endpoint, timeout: timeout)
    }

    /// A client of the listener at `endpoint`, which demands the token that is given, if one is.
    func client(of endpoint: AdminEndpoint, timeout: Int) throws -> AdminClient {
        try orExit { () throws(AdminClient.Failure) in
            try AdminClient(endpoint, token: try givenToken(), tls: tls.files, timeout: timeout)
        }
    }

    private func givenToken() throws(AdminClient.Failure) -> String? {
        guard let tokenFile else { return nil }
        return try AdminClient.token(in: tokenFile)
    }
}

/// With what the admin listener is asked over TLS.
struct AdminTLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "PEM file with the CAs of its certificate. Without it: with --config the certificate in `tls.certificate` "
                + "is expected, else one of the system's CAs.", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "PEM file with a client certificate, where it demands one (tls.client_certificates).", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("PEM file with the key of --certificate.", valueName: "file"))
    var key: String?

    @Option(
        help: ArgumentHelp("The name in its certificate, where it is not the host that is asked.", valueName: "name"))
    var serverName: String?

    func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate FILE and --key FILE belong together")
        }
        if let serverName, serverName.isEmpty || serverName.hasPrefix(".") || serverName.utf8.count > 253 {
            throw ValidationError("--server-name must be a host's name, such as gate.example")
        }
    }

    /// What is given.
    var files: AdminTLS {
        var files = AdminTLS()
        (files.authority, files.certificate, files.key, files.serverName) = (ca, certificate, key, serverName)
        return files
    }
}

/// Runs `body`. Where there is nothing to be asked, says why and exits with status 2.
func orExit<Result>(_ body: () throws(AdminClient.Failure) -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        complain("error: \(error)")
        throw ExitCode(2)
    }
}
