// Whether bytes are UTF-8: what protobuf strings, JSON and header values of an answer must be. Peers refuse a whole message
// for one string that is not.

extension Bytes {
    /// Whether the bytes are well-formed UTF-8 (Unicode table 3-7: shortest forms, no surrogates).
    public var isUTF8: Bool {
        var index = 0
        while index < count {
            if isASCIIWord(at: index) {
                index += 8
                continue
            }
            let length = Self.sequenceLength(self[index])
            guard length > 0, length <= count - index else { return false }
            if length > 1, !isSequence(at: index, length: length) { return false }
            index += length
        }
        return true
    }

    /// Whether eight bytes of ASCII begin at `index`.
    private func isASCIIWord(at index: Int) -> Bool {
        guard count - index >= 8, let base = buffer.baseAddress else { return false }
        return UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    }

    private static func sequenceLength(_ lead: UInt8) -> Int {
        switch lead {
        case 0..<0x80: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
    }

    private func isSequence(at index: Int, length: Int) -> Bool {
        let second = self[index + 1]
        let allowed: ClosedRange<UInt8> =
            switch self[index] {
            case 0xE0: 0xA0...0xBF
            case 0xED: 0x80...0x9F
            case 0xF0: 0x90...0xBF
            case 0xF4: 0x80...0x8F
            default: 0x80...0xBF
            }
        guard allowed.contains(second) else { return false }
        for offset in 2..<max(length, 2) where self[index + offset] & 0xC0 != 0x80 { return false }
        return true
    }
}
