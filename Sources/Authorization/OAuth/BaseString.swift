// The signature base string (RFC 5849, 3.4.1): METHOD & URL & parameters, each part percent-encoded.

import Wire

extension SignatureParameters {
    /// Appends the parameters part: the normalised parameters (RFC 5849, 3.4.1.3.2), encoded once more.
    func appendNormalized(into text: inout [UInt8]) {
        arena.withBytes { arena in
            // Each parameter is preceded by `%26`, which the first gives up, and its two parts are joined by `%3D`.
            let most = arena.count + 6 * merged.count
            text.append(addingCapacity: most) { (span: inout OutputSpan<UInt8>) in
                span.withUnsafeMutableBufferPointer { buffer, count in
                    var writer = CopyWriter(
                        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                    for parameter in merged {
                        let name = arena[Int(parameter.name.start)..<Int(parameter.name.end)]
                        if name == "oauth_signature" { continue }
                        if writer.count > 0 { writer.put(Bytes("%26")) }
                        writer.put(name)
                        writer.put(Bytes("%3D"))
                        writer.put(arena[Int(parameter.value.start)..<Int(parameter.value.end)])
                    }
                    count += writer.count
                }
            }
        }
    }

    /// The value of the protocol parameter `name`, decoded into `text`; what PHP would make of a list or an absent one.
    func find(_ name: StaticString, into text: inout [UInt8]) -> Presence {
        text.removeAll(keepingCapacity: true)
        let name = Bytes(name)
        let prefix = Self.prefix(of: name)
        return arena.withBytes { arena in
            for parameter in merged where parameter.prefix == prefix {
                guard arena[Int(parameter.name.start)..<Int(parameter.name.end)] == name else { continue }
                if parameter.isArray { return .list }
                Percent.decodeTwice(arena[Int(parameter.value.start)..<Int(parameter.value.end)], into: &text)
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
