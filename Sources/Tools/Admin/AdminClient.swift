// The commands' way to the admin listener of a server that runs: one short request, over TCP or a Unix socket, with TLS where the
// listener speaks it.

import Bytes
import NIOCore
import NIOHTTP1
import NIOPosix
import Service
import Transport

/// Asks the admin listener.
public struct AdminClient: Sendable {
    /// An answer.
    public struct Answer: Sendable {
        /// The status.
        public let status: Int
        /// The body.
        public let body: [UInt8]
        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Why there is no answer.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// One sentence.
        public let description: String
    }

    /// The listener that is asked.
    public let endpoint: AdminEndpoint
    let token: String?
    let tls: AdminTLS
    /// The certificate that the listener must show, PEM; nil: one with its name, of a CA.
    let expectedCertificate: String?
    let timeout: Int

    static let maxBytes = 64 << 20

    /// A client of the listener at `endpoint`.
    /// - Parameters:
    ///   - token: What the listener demands, where it does.
    ///   - timeout: Seconds to wait for the connection, and for each part of the answer; twice as long for all of it.
    /// - Throws: ``Failure`` when the token is none, or when there are files of TLS for a listener without it.
    public init(_ endpoint: AdminEndpoint, token: String? = nil, tls: AdminTLS = AdminTLS(), timeout: Int = 5)
        throws(Failure)
    {
        guard endpoint.isTLS || tls.isEmpty else {
            throw Failure(description: "\(endpoint.text): options of TLS need an address that begins with https://")
        }
        guard token.map({ AdminToken.isWord(Array($0.utf8)) }) ?? true else {
            throw Failure(description: "the token is not one line of printable ASCII without spaces")
        }
        (self.endpoint, self.token, self.tls, self.timeout) = (endpoint, token, tls, timeout)
        expectedCertificate = nil
    }

    /// A client of the admin listener that `configuration` describes. Unless `tls` tells otherwise, a listener with TLS must show the
    /// configured certificate, whatever its names are.
    /// - Parameter token: What it is shown instead of the configured token.
    /// - Throws: ``Failure`` when there is none that it could ask.
    public init(
        _ configuration: AdminConfiguration, token: String? = nil, tls: AdminTLS = AdminTLS(), timeout: Int = 5
    ) throws(Failure) {
        let server = configuration.server
        guard let address = server.admin else {
            throw Failure(description: "server.admin is none: there is no server to ask")
        }
        endpoint = AdminEndpoint(address, isTLS: server.isAdminTLS)
        guard endpoint.isTLS || tls.isEmpty else {
            throw Failure(description: "options of TLS are given, but server.admin_tls is false")
        }
        guard !endpoint.isTLS || server.tls.clientCertificates != .required || tls.certificate != nil else {
            throw Failure(
                description: "\(endpoint.text): it demands a client certificate (tls.client_certificates: required); "
                    + "name one with --certificate and --key")
        }
        let isNamed = tls.authority != nil || tls.serverName != nil
        expectedCertificate = isNamed ? nil : server.tls.certificate
        (self.token, self.tls, self.timeout) = (token ?? configuration.token, tls, timeout)
    }

    /// The token in a file: one line.
    /// - Throws: ``Failure`` when it can't be read, or is no token.
    public static func token(in file: String) throws(Failure) -> String {
        var bytes: [UInt8]
        do {
            bytes = try Files.read(file, limit: 4096)
        } catch {
            throw Failure(description: "\(file): \(error.problem)")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard AdminToken.isWord(bytes) else {
            throw Failure(description: "\(file): it is not one line of printable ASCII without spaces")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The body of the page at `path`.
    /// - Throws: ``Failure`` when there is none; an error of the listener in its own words.
    public func get(_ path: String, _ query: KeyValuePairs<String, String> = [:]) throws(Failure) -> [UInt8] {
        let pairs = query.map { name, value in
            var encoded: [UInt8] = []
            Array(value.utf8).withBytes { Percent.encode($0, into: &encoded) }
            return "\(name)=\(String(decoding: encoded, as: UTF8.self))"
        }
        let answer = try request("GET", path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")))
        guard answer.status != 200 else { return answer.body }
        let said = (try? JSON(parsing: answer.body))?["error"]?.stringValue
        throw Failure(description: "\(endpoint.text): \(said ?? "status \(answer.status)")")
    }

    /// The answer to a request for `path`. It waits, so it is not for event loops.
    /// - Parameter body: JSON, of few bytes.
    /// - Throws: ``Failure`` when there is none.
    public func request(_ method: String, _ path: String, body: [UInt8] = []) throws(Failure) -> Answer {
        do {
            return try answer(to: HTTPRequestHead(method, path, for: self, bodyBytes: body.count), body).wait()
        } catch {
            throw failure(error)
        }
    }
}

// MARK: - The connection

extension AdminClient {
    private func answer(to head: HTTPRequestHead, _ body: [UInt8]) throws -> EventLoopFuture<Answer> {
        // The files are read for each request: `top` runs for days, in which they may be replaced.
        let secured = endpoint.isTLS ? try openTLS() : nil
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        // On the loop, so that the call begins as soon as there is a connection, and no other thread has to hurry for that.
        return eventLoop.flatSubmit {
            let bootstrap = ClientBootstrap(group: eventLoop)
                .connectTimeout(.seconds(Int64(timeout)))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try addHandlers(
                            to: channel.pipeline.syncOperations, secured,
                            AdminCall(head, ByteBuffer(bytes: body), isTLS: secured != nil))
                    }
                }
            return connect(bootstrap).flatMap { channel in
                guard let call = try? channel.pipeline.syncOperations.handler(type: AdminCall.self) else {
                    // The channel was closed meanwhile, and its handlers have gone.
                    return eventLoop.makeFailedFuture(AdminCall.Ending.closed)
                }
                // A server that sends a byte now and then is not waited for either.
                let expiry = eventLoop.scheduleTask(in: .seconds(Int64(2 * timeout))) {
                    channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read)
                }
                channel.closeFuture.whenComplete { _ in expiry.cancel() }
                return call.begin(on: eventLoop)
            }
        }
    }

    private func addHandlers(
        to pipeline: ChannelPipeline.SynchronousOperations, _ secured: TLSClient?, _ call: AdminCall
    ) throws {
        try pipeline.addHandler(IdleStateHandler(readTimeout: .seconds(Int64(timeout))))
        if let secured { try pipeline.addHandler(secured.makeHandler(for: tls.serverName ?? endpoint.host)) }
        try pipeline.addHTTPClientHandlers()
        try pipeline.addHandlers([NIOHTTPClientResponseAggregator(maxContentLength: Self.maxBytes), call])
    }

    private func connect(_ bootstrap: ClientBootstrap) -> EventLoopFuture<any Channel> {
        switch endpoint.address {
        case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
        case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    private func openTLS() throws(TLSClient.Problem) -> TLSClient {
        let trust = expectedCertificate.map(TLSClient.Trust.certificate) ?? tls.authority.map { .authorities($0) }
        return try TLSClient(trust ?? .system, certificate: tls.certificate, key: tls.key)
    }
}

extension HTTPRequestHead {
    fileprivate init(_ method: String, _ path: String, for client: AdminClient, bodyBytes: Int) {
        var headers: HTTPHeaders = ["host": client.endpoint.authority, "connection": "close"]
        if let token = client.token { headers.add(name: "authorization", value: "Bearer \(token)") }
        if bodyBytes > 0 || method == "POST" { headers.add(name: "content-length", value: "\(bodyBytes)") }
        self.init(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: headers)
    }
}
