// The signature base string (RFC 5849, 3.4.1): METHOD & URL & parameters, each part percent-encoded.

import Wire

extension SignatureParameters {
    /// Appends the parameters part: the normalised parameters (RFC 5849, 3.4.1.3.2), encoded once more.
    func appendNormalized(into text: inout [UInt8]) {
        // Between each two parameters stands `%26`, and `%3D` between name and value.
        text.append(addingCapacity: texts.count + 6 * merged.count) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { buffer, count in
                let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                var writer = CopyWriter(room)
                for parameter in merged {
                    let name = texts[parameter.name]
                    if name == "oauth_signature" { continue }
                    if writer.count > 0 { writer.put(Bytes("%26")) }
                    writer.put(name)
                    writer.put(Bytes("%3D"))
                    writer.put(texts[parameter.value])
                }
                count += writer.count
            }
        }
    }
}
