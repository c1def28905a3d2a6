// JSON, written: compact for machines, indented for people.

extension JSON {
    /// The value in one line without spaces.
    public var compact: [UInt8] {
        var output: [UInt8] = []
        write(into: &output)
        return output
    }

    /// The value in lines, indented by two spaces, without a line end after the last.
    public var pretty: [UInt8] {
        var output: [UInt8] = []
        writePretty(into: &output, indent: 0)
        return output
    }

    /// Appends the value in one line without spaces.
    public func write(into output: inout [UInt8]) {
        switch self {
        case .null: output.append("null")
        case .bool(let value): output.append(value ? "true" : "false")
        case .number(let literal): output.append(contentsOf: literal.utf8)
        case .string(let text): Self.appendString(text, into: &output)
        case .array(let elements):
            output.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(0x2C) }
                element.write(into: &output)
            }
            output.append(0x5D)
        case .object(let members):
            output.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(0x2C) }
                Self.appendString(member.name, into: &output)
                output.append(0x3A)
                member.value.write(into: &output)
            }
            output.append(0x7D)
        }
    }

    private func writePretty(into output: inout [UInt8], indent: Int) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            output.append(0x5B)
            for (index, element) in elements.enumerated() {
                Self.newLine(index > 0, indent + 2, into: &output)
                element.writePretty(into: &output, indent: indent + 2)
            }
            Self.newLine(false, indent, into: &output)
            output.append(0x5D)
        case .object(let members) where !members.isEmpty:
            output.append(0x7B)
            for (index, member) in members.enumerated() {
                Self.newLine(index > 0, indent + 2, into: &output)
                Self.appendString(member.name, into: &output)
                output.append(": ")
                member.value.writePretty(into: &output, indent: indent + 2)
            }
            Self.newLine(false, indent, into: &output)
            output.append(0x7D)
        default: write(into: &output)
        }
    }

    private static func newLine(_ comma: Bool, _ indent: Int, into output: inout [UInt8]) {
        if comma { output.append(0x2C) }
        output.append(0x0A)
        for _ in 0..<indent { output.append(0x20) }
    }
}

extension JSON: CustomStringConvertible {
    /// The compact text.
    public var description: String { String(decoding: compact, as: UTF8.self) }
}
