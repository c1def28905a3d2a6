// Numbers, durations and sizes, with the units that people write.

import Bytes

extension Codec where Value: FixedWidthInteger {
    /// A whole number in a range.
    static func integer(_ range: ClosedRange<Value>) -> Codec {
        scalar(
            "a whole number from \(range.lowerBound) to \(range.upperBound)",
            { text in Value(text).flatMap { range.contains($0) ? $0 : nil } }, format: { "\($0)" }
        ).shown { .number("\($0)") }
    }

    /// A number of bytes: plain, or with a unit.
    static func size(_ range: ClosedRange<Value>) -> Codec {
        let show: @Sendable (Value) -> String = { Quantity.show(Int64($0), units: Quantity.sizes, plain: true) }
        let expectation = "a size such as 64KiB or 4MiB, from \(show(range.lowerBound)) to \(show(range.upperBound))"
        return scalar(
            expectation,
            { text in
                Quantity.read(text, units: Quantity.sizes).flatMap(Value.init(exactly:))
                    .flatMap { range.contains($0) ? $0 : nil }
            }, format: show)
    }
}

extension Codec where Value: FixedWidthInteger {
    /// Whole seconds; a plain number counts seconds.
    static func seconds(_ range: ClosedRange<Value>) -> Codec {
        duration(range, units: Quantity.durations.filter { $0.factor >= 1000 }, factor: 1000, sample: "30s, 5m or 4h")
    }

    /// Whole milliseconds; a plain number counts seconds.
    static func milliseconds(_ range: ClosedRange<Value>) -> Codec {
        duration(range, units: Quantity.durations, factor: 1, sample: "500ms, 30s or 5m")
    }

    private static func duration(
        _ range: ClosedRange<Value>, units: [Quantity.Unit], factor: Int64, sample: String
    ) -> Codec {
        let show: @Sendable (Value) -> String = { Quantity.show(Int64($0) * factor, units: units, plain: false) }
        let expectation = "a duration such as \(sample), from \(show(range.lowerBound)) to \(show(range.upperBound))"
        return scalar(
            expectation,
            { text in
                guard let value = Quantity.read(text, units: units, plain: 1000), value % factor == 0 else {
                    return nil
                }
                return Value(exactly: value / factor).flatMap { range.contains($0) ? $0 : nil }
            }, format: show)
    }
}

/// Numbers with units.
enum Quantity {
    /// A unit, and how many of the smallest it is.
    struct Unit: Sendable {
        let name: String
        let factor: Int64
    }

    /// Durations, in milliseconds, largest first.
    static let durations = [
        Unit(name: "d", factor: 86_400_000), Unit(name: "h", factor: 3_600_000), Unit(name: "m", factor: 60_000),
        Unit(name: "s", factor: 1000), Unit(name: "ms", factor: 1),
    ]
    /// Sizes, in bytes, largest first.
    static let sizes = [
        Unit(name: "GiB", factor: 1 << 30), Unit(name: "MiB", factor: 1 << 20), Unit(name: "KiB", factor: 1 << 10),
    ]

    /// A whole number with one of the units, or with none, which counts `plain`; nil when it is anything else.
    static func read(_ text: String, units: [Unit], plain: Int64 = 1) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard digits.count <= 15, let number = Int64(digits) else { return nil }
        let name = text.dropFirst(digits.count).trimmed
        let factor = name.isEmpty ? plain : units.first { $0.name == name }?.factor
        guard let factor else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// The number in the largest unit that shows it whole; the smallest unit, or none when `plain`, for zero and the rest.
    static func show(_ value: Int64, units: [Unit], plain: Bool) -> String {
        let fitting = value == 0 ? nil : units.first { value % $0.factor == 0 }
        if let fitting { return "\(value / fitting.factor)\(fitting.name)" }
        return plain || units.isEmpty ? "\(value)" : "\(value)\(units.last?.name ?? "")"
    }
}
