// How PHP reads text: truth, numbers and integer-like array keys.
//
// MediaWiki's OAuth library leans on PHP's loose rules; a timestamp of `1772366400abc` passes because `$now - $timestamp` does.
// Each rule is reproduced here once, under PHP's own name for it.

/// PHP's reading of strings.
public enum PHP {
    /// `(bool)$string`: the empty string and `"0"` are false.
    @inlinable
    public static func isTruthy(_ text: Bytes) -> Bool {
        !(text.isEmpty || (text.count == 1 && text[0] == UInt8(ascii: "0")))
    }

    /// The number that arithmetic takes a string for: leading white space, then the longest numeric prefix; the rest is
    /// ignored. Nil when there is no such prefix, where PHP 8 throws a TypeError.
    public static func leadingNumber(_ text: Bytes) -> Double? {
        // What nearly every number is: an integer that a double holds exactly.
        guard text.count <= 15, !text.isEmpty else { return numericPrefix(text)?.value }
        var value: Int64 = 0
        for byte in text.buffer {
            guard isDigit(byte) else { return numericPrefix(text)?.value }
            value = value &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
        }
        return Double(value)
    }

    /// `is_numeric`: a numeric string as a whole; white space may stand before and after it.
    public static func number(_ text: Bytes) -> Double? {
        guard let prefix = numericPrefix(text) else { return nil }
        var index = prefix.end
        while index < text.count {
            guard isSpace(text[index]) else { return nil }
            index += 1
        }
        return prefix.value
    }

    /// The integer that an array key becomes, when it is written exactly as PHP would write that integer.
    public static func integerKey(_ name: Bytes) -> Int64? {
        guard let first = name.first, name.count <= 20 else { return nil }
        let negative = first == UInt8(ascii: "-")
        let digits = negative ? name.dropFirst(1) : name
        guard let lead = digits.first, isDigit(lead) else { return nil }
        if lead == UInt8(ascii: "0") { return !negative && digits.count == 1 ? 0 : nil }
        var value: Int64 = 0
        for byte in digits.buffer {
            guard isDigit(byte) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (sum, carry) =
                negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// `(int)$string`: the leading integer, 0 when there is none. Saturates.
    public static func integer(_ text: Bytes) -> Int64 {
        guard let value = leadingNumber(text), value.isFinite else { return 0 }
        return Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }

    private static func numericPrefix(_ text: Bytes) -> (value: Double, end: Int)? {
        var index = 0
        while index < text.count, isSpace(text[index]) { index += 1 }
        let start = index
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") { index += 1 }
        let whole = skipDigits(text, &index)
        var fraction = 0
        if index < text.count, text[index] == UInt8(ascii: ".") {
            var next = index + 1
            fraction = skipDigits(text, &next)
            if whole + fraction > 0 { index = next }
        }
        guard whole + fraction > 0 else { return nil }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            var next = index + 1
            if next < text.count, text[next] == UInt8(ascii: "-") || text[next] == UInt8(ascii: "+") { next += 1 }
            if skipDigits(text, &next) > 0 { index = next }
        }
        return parse(text[start..<index]).map { ($0, index) }
    }

    /// `text` has the form of a decimal number already; Swift reads a trailing or leading point less generously than C.
    private static func parse(_ text: Bytes) -> Double? {
        // What nearly every number is: an integer that a double holds exactly.
        if text.count <= 15, text.buffer.allSatisfy(isDigit) {
            return Double(text.buffer.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) })
        }
        guard text.count <= 400 else { return .infinity }
        var literal = ""
        var previous: UInt8 = 0
        for byte in text.buffer {
            if byte == UInt8(ascii: "."), !isDigit(previous) { literal.append("0") }
            if byte | 0x20 == UInt8(ascii: "e"), previous == UInt8(ascii: ".") { literal.append("0") }
            literal.unicodeScalars.append(Unicode.Scalar(byte))
            previous = byte
        }
        if previous == UInt8(ascii: ".") { literal.append("0") }
        return Double(literal)
    }

    private static func skipDigits(_ text: Bytes, _ index: inout Int) -> Int {
        let start = index
        while index < text.count, isDigit(text[index]) { index += 1 }
        return index - start
    }

    /// An ASCII digit.
    @inlinable
    public static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// `isspace` in the C locale.
    @inlinable
    public static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }
}
