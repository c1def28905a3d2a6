// The signature base string (RFC 5849, 3.4.1): METHOD & URL & parameters, each part percent-encoded.

import Bytes

extension SignatureParameters {
    /// Appends the parameters part: the normalised parameters (RFC 5849, 3.4.1.3.2), encoded once more.
    func appendNormalized(into text: inout [UInt8]) {
        // Between each two parameters stands `%26`.
        text.append(addingCapacity: texts.count + 3 * merged.count) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { buffer, count in
                let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                var writer = CopyWriter(room)
                for index in 0..<merged.count {
                    let parameter = merged[index]
                    // The one that is not signed (RFC 5849, 3.4.1.3.1).
                    if parameter.known == .signature { continue }
                    if writer.count > 0 { writer.put(Bytes("%26")) }
                    writer.put(texts.whole(parameter.pair))
                }
                count += writer.count
            }
        }
    }
}
