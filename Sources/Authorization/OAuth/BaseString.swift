// The signature base string (RFC 5849, 3.4.1): METHOD & URL & parameters, each part percent-encoded.

import Wire

extension SignatureParameters {
    /// Appends the parameters part: the normalised parameters (RFC 5849, 3.4.1.3.2), encoded once more.
    func appendNormalized(into text: inout [UInt8]) {
        arena.withBytes { arena in
            var isFirst = true
            for parameter in merged {
                let name = arena[Int(parameter.name.start)..<Int(parameter.name.end)]
                if name == "oauth_signature" { continue }
                if !isFirst { text.append("%26") }
                isFirst = false
                Self.appendEncoded(name, into: &text)
                text.append("%3D")
                Self.appendEncoded(arena[Int(parameter.value.start)..<Int(parameter.value.end)], into: &text)
            }
        }
    }

    /// Encodes what is encoded already: only `%` is left to escape.
    private static func appendEncoded(_ encoded: Bytes, into text: inout [UInt8]) {
        var start = 0
        while let escape = encoded.firstIndex(of: UInt8(ascii: "%"), from: start) {
            text.append(encoded[start..<escape])
            text.append("%25")
            start = escape + 1
        }
        text.append(encoded.dropFirst(start))
    }

    /// The value of the protocol parameter `name`, decoded into `text`; what PHP would make of a list or an absent one.
    func find(_ name: StaticString, into text: inout [UInt8]) -> Presence {
        text.removeAll(keepingCapacity: true)
        return arena.withBytes { arena in
            for parameter in merged where arena[Int(parameter.name.start)..<Int(parameter.name.end)] == name {
                if parameter.isArray { return .list }
                Percent.decode(arena[Int(parameter.value.start)..<Int(parameter.value.end)], into: &text)
                return .value
            }
            return .absent
        }
    }

    /// How a parameter is there.
    enum Presence {
        /// Not at all.
        case absent
        /// With one value.
        case value
        /// As a list, which no protocol parameter may be.
        case list
    }
}
