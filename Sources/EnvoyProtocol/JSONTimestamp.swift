// google.protobuf.Timestamp in proto3 JSON: RFC 3339, `2026-03-01T16:00:00Z`, with none, three, six or nine digits of the
// second's fraction.

import Bytes

/// A point in time: seconds since 1970 and nanoseconds of the second.
struct JSONTimestamp: Equatable {
    var seconds: Int64
    var nanos: Int32

    init(seconds: Int64, nanos: Int32) { (self.seconds, self.nanos) = (seconds, nanos) }

    /// Reads RFC 3339; nil when it is not.
    init?(_ text: String) {
        let parsed = Array(text.utf8).withBytes { bytes -> JSONTimestamp? in
            var scanner = Scanner(bytes: bytes)
            return scanner.timestamp()
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// RFC 3339 in UTC; nil outside the years 1970 to 9999.
    var text: String? {
        guard (0...CivilTime.latest).contains(seconds), (0..<1_000_000_000).contains(nanos) else { return nil }
        var text: [UInt8] = []
        CivilTime(seconds: seconds).appendRFC3339(into: &text)
        if nanos > 0 {
            text.append(0x2E)
            let (digits, divisor) = nanos % 1_000_000 == 0 ? (3, 1_000_000) : nanos % 1000 == 0 ? (6, 1000) : (9, 1)
            CivilTime.appendDigits(Int64(nanos) / Int64(divisor), digits, into: &text)
        }
        text.append(0x5A)
        return String(decoding: text, as: UTF8.self)
    }

    private struct Scanner {
        let bytes: Bytes
        var position = 0

        init(bytes: Bytes) { self.bytes = bytes }

        mutating func take(_ byte: UInt8) -> Bool {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
            return true
        }

        mutating func digits(_ count: Int) -> Int64? {
            guard bytes.count - position >= count else { return nil }
            var value: Int64 = 0
            for byte in bytes[position..<position + count].buffer {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            position += count
            return value
        }

        mutating func timestamp() -> JSONTimestamp? {
            guard let year = digits(4), take(0x2D), let month = digits(2), take(0x2D), let day = digits(2), take(0x54),
                let hour = digits(2), take(0x3A), let minute = digits(2), take(0x3A), let second = digits(2),
                let nanos = fraction(), let offset = offset(), position == bytes.count,
                let seconds = CivilTime.seconds(
                    year: year, month: month, day: day, hour: hour, minute: minute, second: second)
            else { return nil }
            return JSONTimestamp(seconds: seconds - offset, nanos: nanos)
        }

        private mutating func fraction() -> Int32? {
            guard take(0x2E) else { return 0 }
            var nanos: Int64 = 0
            var scale: Int64 = 1_000_000_000
            while scale > 1, let digit = digits(1) {
                scale /= 10
                nanos += digit * scale
            }
            return scale < 1_000_000_000 ? Int32(nanos) : nil
        }

        /// Seconds east of UTC.
        private mutating func offset() -> Int64? {
            if take(0x5A) { return 0 }
            let sign: Int64 = take(0x2B) ? 1 : -1
            guard sign == 1 || take(0x2D), let hours = digits(2), hours < 24, take(0x3A), let minutes = digits(2),
                minutes < 60
            else { return nil }
            return sign * (hours * 3600 + minutes * 60)
        }
    }
}
