// Texts on both sides of Envoy's interface: views here, pointers and counts there.

import Bytes
import CEnvoy

extension envoy_text {
    /// A view of the text.
    var bytes: Bytes { Bytes(start, count) }

    /// No text: the value that removes a header field.
    static var none: envoy_text { envoy_text(start: nil, count: 0) }
}

extension Bytes {
    /// A view of Envoy's memory.
    @inline(__always)
    init(_ start: UnsafePointer<CChar>?, _ count: Int) {
        guard let start, count > 0 else {
            self = .empty
            return
        }
        self.init(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// As Envoy takes it.
    @inline(__always)
    var envoy: envoy_text {
        envoy_text(start: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), count: count)
    }
}

/// Header fields of an answer that is given at once, in one piece of memory.
struct ReplyFields {
    private var text: [UInt8] = []
    private var lengths: [(name: Int, value: Int)] = []

    /// Adds a field.
    mutating func add(_ name: String, _ value: [UInt8]) {
        lengths.append((name.utf8.count, value.count))
        text += name.utf8
        text += value
    }

    /// Calls `body` with the fields as Envoy takes them.
    func withEnvoyHeaders(_ body: (UnsafePointer<envoy_header>?, Int) -> Void) {
        text.withBytes { text in
            var offset = 0
            let headers = lengths.map { name, value -> envoy_header in
                defer { offset += name + value }
                let (name, value) = (text.dropFirst(offset).prefix(name), text.dropFirst(offset + name).prefix(value))
                return envoy_header(
                    name: name.envoy.start, name_count: name.count, value: value.envoy.start, value_count: value.count)
            }
            headers.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
        }
    }
}
