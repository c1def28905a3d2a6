// All that decisions read of a CheckRequest, copied, so that two readings of one message can be compared.

import Bytes
import EnvoyProtocol
import Sessions

/// What was read of one message.
struct CheckRequestFacts: Equatable {
    /// Id, method, target, host, scheme and body.
    var line: [[UInt8]]
    /// Bytes of the whole body, as the message says.
    var size: Int64
    var sourceAddress: [UInt8]
    var hasSourceIP: Bool
    /// The values of the headers `names`; nil where there is none.
    var headers: [[UInt8]?]
    /// The values of the route's keys `keys`; nil where there is none.
    var overrides: [[UInt8]?]
    var hasOverrides: Bool
    var hasUnknownOverride: Bool

    /// The headers that decisions read; the last holds the client's address here.
    private static let names = [
        "authorization", "cookie", "content-type", "content-length", "x-forwarded-proto", "x-forwarded-host",
        "x-envoy-auth-partial-body", "x-client",
    ]
    private static let keys = ["mode", "profile", "wiki", "form_bodies"].map { "sessiongate.\($0)" }

    /// What our reader finds in `message`; nil when it refuses the message.
    init?(decoding message: Bytes) throws(BrokenPromise) {
        guard let check = try? CheckRequest(protobuf: message, addressHeader: Bytes("x-client")) else { return nil }
        self.init(check.request)
        try promise(
            check.request.lies(within: message, areHeadersJoined: check.usesHeaderMap), "views lie in the message")
        for (name, value) in zip(Self.names, headers) {
            let found = Array(name.utf8).withBytes { check.header($0)?.array }
            try promise(found == value, "a header is found again")
        }
        withExtendedLifetime(check) {}
    }

    private init(_ request: Request) {
        line = request.line.map(\.array)
        size = request.bodySize
        sourceAddress = request.sourceAddress.array
        hasSourceIP = request.hasSourceIP
        headers = request.headers.map { $0?.array }
        hasOverrides = request.overrides != nil
        hasUnknownOverride = request.overrides?.unknown != nil
        let found = request.overrides
        overrides = [found?.mode, found?.profile, found?.wiki, found?.formBodies].map { $0?.array }
    }

    /// What swift-protobuf finds.
    init(_ attributes: EnvoyAttributeContext) {
        let http = attributes.request.http
        line = [http.id, http.method, http.path, http.host, http.scheme].map { Array($0.utf8) }
        line.append(http.rawBody.isEmpty ? Array(http.body.utf8) : Array(http.rawBody))
        size = http.size
        (sourceAddress, hasSourceIP) = Self.source(attributes.source.address)
        let found =
            http.headerMap.headers.isEmpty ? http.headers.mapValues { Array($0.utf8) } : Self.joined(http.headerMap)
        headers = Self.names.map { found[$0] }
        let extensions = attributes.contextExtensions
        hasOverrides = !extensions.isEmpty
        overrides = Self.keys.map { extensions[$0].map { Array($0.utf8) } }
        hasUnknownOverride = extensions.keys.contains { key in
            key.utf8.starts(with: "sessiongate.".utf8) && !Self.keys.contains(key)
        }
    }

    private static func source(_ address: EnvoyAddress) -> ([UInt8], Bool) {
        switch address.address {
        case .socketAddress(let socket): (Array(socket.address.utf8), true)
        case .pipe(let pipe): (Array(pipe.path.utf8), false)
        case .envoyInternalAddress(let listener): (Array(listener.serverListenerName.utf8), false)
        case nil: ([], false)
        }
    }

    /// Headers of one name, joined as Envoy joins them.
    private static func joined(_ map: EnvoyHeaderMap) -> [String: [UInt8]] {
        map.headers.reduce(into: [:]) { found, header in
            let value = header.rawValue.isEmpty ? Array(header.value.utf8) : Array(header.rawValue)
            let separator = Array((header.key == "cookie" ? "; " : ",").utf8)
            found[header.key] = found[header.key].map { $0 + separator + value } ?? value
        }
    }
}

extension Request {
    fileprivate var line: [Bytes] { [id, method, target, host, scheme, body] }

    fileprivate var headers: [Bytes?] {
        [
            authorization, cookie, contentType, contentLength, forwardedProto, forwardedHost, partialBody,
            clientAddress,
        ]
    }

    /// Whether all views lie within `message`. Values of headers that came several times are joined elsewhere.
    fileprivate func lies(within message: Bytes, areHeadersJoined: Bool) -> Bool {
        var views = line + [sourceAddress] + (areHeadersJoined ? [] : headers.compactMap { $0 })
        if let overrides {
            views += [overrides.mode, overrides.profile, overrides.wiki, overrides.formBodies].compactMap { $0 }
            if let unknown = overrides.unknown { views += [unknown.name, unknown.value] }
        }
        return views.allSatisfy { $0.lies(within: message) }
    }
}
