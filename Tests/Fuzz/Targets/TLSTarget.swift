// What a peer sends to a TLS listener: instead of a handshake, behind one, and inside.

import Bytes
import NIOCore
import NIOEmbedded
import TestSupport
import Transport

/// The first byte says where the rest goes.
func fuzzTLS(_ input: Bytes) throws(BrokenPromise) {
    guard let first = input.first else { return }
    guard let server = try? TLSServer() else { throw BrokenPromise(promise: "TLS begins") }
    let rest = input.dropFirst(1).array
    switch first % 3 {
    case 0:
        server.send(rest, piece: 1 + Int(first / 3))
    case 1:
        try server.shakeHands()
        server.send(rest, piece: 1 + Int(first / 3))
    default:
        try server.shakeHands()
        server.send(server.peer.send(rest), piece: 1 + Int(first / 3))
        let answer = (try? FuzzConnection())?.answer(to: rest)
        try promise(answer == nil || server.peer.received.starts(with: answer ?? []), "TLS changes no answer")
    }
}

/// A connection to the service of the fuzzers, over TLS.
private final class TLSServer {
    private static let credentials: TLSCredentials? = {
        guard let authority = try? TestAuthority() else { return nil }
        authority.issue("server", names: "DNS:sessiongate.test")
        var settings = TLSSettings()
        settings.certificate = authority.path("server.pem")
        settings.key = authority.path("server.key")
        return try? TLSCredentials(settings)
    }()

    let peer = TLSPeer(protocols: [])
    private let connection: FuzzConnection

    init() throws {
        guard let credentials = Self.credentials else { throw BrokenPromise(promise: "there is a certificate") }
        connection = try FuzzConnection(behind: credentials.makeHandler())
    }

    func shakeHands() throws(BrokenPromise) {
        var out = peer.step()
        while !out.isEmpty { out = peer.step(connection.answer(to: out) ?? []) }
        try promise(peer.isConnected, "a handshake ends well")
    }

    func send(_ bytes: [UInt8], piece: Int) {
        bytes.withBytes { bytes in
            if let answer = try? connection.send(bytes.pieces(of: piece)) { _ = peer.step(answer) }
        }
    }
}

extension FuzzConnection {
    /// What is answered to `bytes` in one piece; nil when the connection fails.
    fileprivate func answer(to bytes: [UInt8]) -> [UInt8]? { bytes.withBytes { try? send([$0]) } }
}
