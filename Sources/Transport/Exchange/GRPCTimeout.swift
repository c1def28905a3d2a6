// grpc-timeout: TimeoutValue (at most eight digits), TimeoutUnit; from gRPC's "PROTOCOL-HTTP2".

import Bytes

/// How long a caller waits.
package enum GRPCTimeout {
    /// Nanoseconds in a `grpc-timeout` field's value; nil when it is malformed.
    package static func nanoseconds(_ value: Bytes) -> Int64? {
        guard value.count >= 2, value.count <= 9 else { return nil }
        let unit: Int64
        switch value[value.count - 1] {
        case UInt8(ascii: "H"): unit = 3_600_000_000_000
        case UInt8(ascii: "M"): unit = 60_000_000_000
        case UInt8(ascii: "S"): unit = 1_000_000_000
        case UInt8(ascii: "m"): unit = 1_000_000
        case UInt8(ascii: "u"): unit = 1000
        case UInt8(ascii: "n"): unit = 1
        default: return nil
        }
        var amount: Int64 = 0
        for index in 0..<value.count - 1 {
            guard value[index] >= 0x30, value[index] <= 0x39 else { return nil }
            amount = amount * 10 + Int64(value[index] - 0x30)
        }
        let (product, overflow) = amount.multipliedReportingOverflow(by: unit)
        return overflow ? .max : product
    }
}
