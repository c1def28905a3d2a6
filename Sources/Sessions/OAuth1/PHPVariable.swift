// One variable of a query or a form, as PHP has it, found without reading the others into a table.

import Bytes

extension PHPQuery {
    /// The variable `name` of `text`, a query without its `?`, or a form; nil when it is absent. `name` is plain letters.
    static func variable(_ name: StaticString, in text: Bytes) -> Value? {
        var start = 0
        while start < text.count {
            if mayBe(text[start], name) { return find(name, in: text) }
            start = (text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count) + 1
        }
        return nil
    }

    private static func find(_ name: StaticString, in text: Bytes) -> Value? {
        var found: Value?
        var start = 0
        var count = 1
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count
            if mayBe(text[start], name) {
                let pair = text[start..<end]
                let rawName = pair.prefix(pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count)
                guard rawName.buffer.allSatisfy(Percent.isUnreserved), count <= maxVariables else {
                    return PHPQuery(text).value(of: name)
                }
                if rawName == name {
                    var value: [UInt8] = []
                    Percent.decodeForm(pair.dropFirst(rawName.count + 1), into: &value)
                    found = .scalar(value)
                }
            }
            start = end + 1
            count += 1
        }
        return found
    }

    /// Whether a pair that begins so can be about `name`: PHP decodes names, and leaves out spaces before them.
    private static func mayBe(_ first: UInt8, _ name: StaticString) -> Bool {
        first == name.utf8Start[0] || first == UInt8(ascii: "%") || first == UInt8(ascii: "+") || first == 0x20
    }
}
