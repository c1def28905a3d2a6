// What works and lets somebody in: said at the start and by `config check`, so that it is a decision and not an oversight.

import Bytes
import Sessions
import Transport

extension Reading {
    /// Warns of settings that weaken what the service protects.
    mutating func warnOfRisks() {
        if configuration.settings.mode == .observe {
            warn(
                "mode", "observe, so that requests with invalid credentials pass",
                expected: "enforce, once the log shows no refusals of good clients")
        }
        if configuration.settings.oauth1.allowPlaintext {
            warn(
                "oauth1.allow_plaintext", "true, so that secrets travel with every request",
                expected: "false, but for a closed test")
        }
        warnOfOpenListeners()
        warnOfTrust()
    }

    private mutating func warnOfOpenListeners() {
        let server = configuration.server
        for listener in server.dataListeners where !listener.isTLS && !listener.address.isLocal {
            warn(
                "server.listen",
                "\(listener.address.text) is open to the network without TLS: credentials can be read on the way",
                expected: "a loopback address, a Unix socket, or tls: true")
        }
    }

    private mutating func warnOfTrust() {
        let open = configuration.server.trustedPeers.names.filter { AddressRange($0)?.isEverything ?? false }
        guard !open.isEmpty else { return }
        warn(
            "http.trusted_peers",
            "\(open.joined(separator: ", ")) is the whole world: any host may say whose request it is",
            expected: "the addresses of the proxies")
    }
}
