// The addresses of a host name, from the system's resolver.

import Glibc

/// What a host name stands for.
enum HostAddresses {
    /// Why it stands for nothing.
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    /// The IP addresses of `host`, in the resolver's order, each once. An IP address stands for itself.
    /// - Throws: ``Unknown``.
    static func of(_ host: String) throws(Unknown) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, nil, &hints, &list)
        guard result == 0 else { throw Unknown(description: String(cString: gai_strerror(result))) }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        for entry in sequence(first: list, next: { $0?.pointee.ai_next }) {
            guard let entry, let text = text(entry.pointee), !addresses.contains(text) else { continue }
            addresses.append(text)
        }
        return addresses
    }

    private static func text(_ entry: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard result == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
