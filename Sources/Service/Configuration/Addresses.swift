// Addresses of listeners.

import Glibc
import Transport
import Bytes

extension Codec where Value == ListenerAddress {
    /// An address to listen on.
    static var listener: Codec {
        scalar(
            "host:port, such as 127.0.0.1:9001 or [::1]:9001, or unix:/path", { ListenerAddress(parsing: $0) },
            format: \.text)
    }
}

extension Codec where Value == Listener {
    /// An address, or a table of an address and what belongs to it.
    static var dataListener: Codec {
        let address = Codec<ListenerAddress>.listener
        return Codec(
            expectation: address.expectation,
            decode: { source, mismatches in
                guard case .table = source.content else {
                    return address.decode(source, &mismatches).map { Listener($0) }
                }
                return source.listener(&mismatches)
            },
            encode: { listener in
                let plain = Listener(listener.address)
                guard listener != plain else { return .string(listener.address.text) }
                var members = [JSON.Member("address", .string(listener.address.text))]
                if listener.isTLS { members.append(JSON.Member("tls", .bool(true))) }
                if listener.mode != plain.mode {
                    members.append(JSON.Member("mode", .string("0" + String(listener.mode, radix: 8))))
                }
                if let owner = listener.owner { members.append(JSON.Member("owner", .integer(Int64(owner)))) }
                if let group = listener.group { members.append(JSON.Member("group", .integer(Int64(group)))) }
                return .object(members)
            })
    }
}

extension Codec where Value == UInt32 {
    /// Permissions.
    static var fileMode: Codec {
        scalar(
            "permissions as octal digits, such as 0660",
            { text in
                guard (3...4).contains(text.utf8.count), let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                    return nil
                }
                return mode
            }, format: { "0" + String($0, radix: 8) })
    }

    /// A user, by name or number.
    static var user: Codec {
        scalar(
            "a user of this machine, by name or number",
            { text in UInt32(text) ?? text.withCString { getpwnam($0)?.pointee.pw_uid } }, format: { "\($0)" })
    }

    /// A group, by name or number.
    static var group: Codec {
        scalar(
            "a group of this machine, by name or number",
            { text in UInt32(text) ?? text.withCString { getgrnam($0)?.pointee.gr_gid } }, format: { "\($0)" })
    }
}

extension SourceValue {
    fileprivate func listener(_ mismatches: inout [Mismatch]) -> Listener? {
        let known = ["address", "tls", "mode", "owner", "group"]
        guard let fields = fields(known, required: ["address"], of: nil, &mismatches), let given = fields["address"],
            let address = Codec.listener.decode(given, part: "address", &mismatches)
        else { return nil }
        let count = mismatches.count
        var listener = Listener(address)
        if let tls = fields["tls"] {
            listener.isTLS = Codec.boolean.decode(tls, part: "tls", &mismatches) ?? false
        }
        listener.mode =
            fields["mode"].flatMap { Codec.fileMode.decode($0, part: "mode", &mismatches) } ?? listener.mode
        listener.owner = fields["owner"].flatMap { Codec.user.decode($0, part: "owner", &mismatches) }
        listener.group = fields["group"].flatMap { Codec.group.decode($0, part: "group", &mismatches) }
        if case .tcp = address {
            for name in ["mode", "owner", "group"] where fields[name] != nil {
                mismatches.append(
                    Mismatch(
                        problem: "\(address.text) is not a Unix socket", expected: "no \(name)", place: place,
                        part: name))
            }
        }
        return mismatches.count == count ? listener : nil
    }
}

extension ListenerAddress {
    /// `host:port` or `unix:/path`; port 0 lets the system choose one.
    package init?(parsing text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sockaddr_un has room for 107 bytes.
            guard path.hasPrefix("/"), path.utf8.count <= 107 else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        guard let (host, none) = authority(String(text[..<colon])), none == nil else { return nil }
        self = .tcp(host: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port: port)
    }

    private static func port(_ digits: Substring) -> Int? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(ASCII.isDigit) else { return nil }
        return Int(digits).flatMap { $0 <= 65_535 ? $0 : nil }
    }

    /// The address as it is written in the configuration.
    public var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension Reading {
    /// Reads the TLS files; nil when no listener uses TLS, or when a file is invalid.
    mutating func loadTLS() -> TLSCredentials? {
        let tls = configuration.server.tls
        guard configuration.server.usesTLS else {
            warnOfIdleTLS()
            return nil
        }
        let count = problems.count
        requireCertificate()
        if tls.key == nil { add("tls.key", "missing", expected: "the key of tls.certificate") }
        if tls.clientCertificates != .none, tls.clientCA == nil {
            add("tls.client_ca", "missing", expected: "the CA of clients, or tls.client_certificates: none")
        }
        if tls.clientCertificates == .none, tls.clientCA != nil || !tls.clientNames.isEmpty {
            add(
                "tls.client_certificates", "none: clients' certificates would not be checked",
                expected: "optional or required")
        }
        guard problems.count == count else { return nil }
        do {
            return try TLSCredentials(tls)
        } catch {
            let key =
                switch error.part {
                case .certificate: "tls.certificate";
                case .key: "tls.key";
                case .clientCA: "tls.client_ca"
                }
            add(key, error.description)
            return nil
        }
    }

    /// Listeners with TLS need a certificate.
    mutating func requireCertificate() {
        guard configuration.server.tls.certificate == nil else { return }
        add("tls.certificate", "missing", expected: "the certificate of the listeners with tls")
    }

    /// TLS settings without a TLS listener have no effect. Requiring client certificates there is an error, as it would protect
    /// nothing.
    private mutating func warnOfIdleTLS() {
        let tls = configuration.server.tls
        let expected = "tls: true at one in server.listen"
        if tls.clientCertificates == .required {
            add("tls.client_certificates", "required, but no listener uses TLS", expected: expected)
        }
        let files = [("tls.certificate", tls.certificate), ("tls.key", tls.key), ("tls.client_ca", tls.clientCA)]
        let given =
            files.compactMap { $1 == nil ? nil : $0 }
            + (tls.clientCertificates == .optional ? ["tls.client_certificates"] : [])
        if let key = given.first { warn(key, "no listener uses TLS", expected: expected) }
    }

    /// Two listeners can't share an address, and the largest message must fit into the backlog.
    mutating func checkServer() {
        var seen: Set<String> = []
        for address in configuration.server.dataListeners.map(\.address.text) where !seen.insert(address).inserted {
            add("server.listen", "\(address) is given twice", expected: "each address once")
        }
        if let admin = configuration.server.admin?.text, seen.contains(admin), !admin.hasSuffix(":0") {
            add("server.admin", "\(admin) is already a data listener", expected: "an address of its own")
        }
        checkAdmin()
        if configuration.server.maxBacklogBytes < configuration.server.maxMessageBytes {
            add(
                "server.max_backlog_size", "smaller than server.max_message_size",
                expected: "at least server.max_message_size")
        }
    }

    /// What other machines reach shows who uses the wiki, and can be told to change: callers must say who they are.
    private mutating func checkAdmin() {
        let server = configuration.server
        if server.isAdminTLS, server.admin == nil {
            add("server.admin_tls", "there is no admin listener", expected: "false")
        }
        guard let admin = server.admin, !admin.isLocal, configuration.adminTokenFile == nil,
            !(server.isAdminTLS && server.tls.clientCertificates == .required)
        else { return }
        add(
            "server.admin", "\(admin.text) is open to the network, and any host could read and change what it has",
            expected: "a loopback address or a Unix socket; or server.admin_token_file; or server.admin_tls with "
                + "tls.client_certificates: required")
    }
}
