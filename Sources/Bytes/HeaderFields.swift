// Header fields as HTTP/1.1 writes them, one behind the other, and where each lies: HTTP/1.1 sends the text as it is, HTTP/2 the parts.
//
//     set-cookie: a=1⏎cache-control: private⏎

/// Header fields in one piece of memory.
package struct HeaderFields: Sendable {
    private struct Place: Sendable {
        let start: UInt32, nameEnd: UInt32, valueEnd: UInt32

        var name: Range<Int> { Int(start)..<Int(nameEnd) }
        var value: Range<Int> { Int(nameEnd) + 2..<Int(valueEnd) }
    }

    /// All fields, each ended by a line break.
    package private(set) var text: [UInt8] = []
    private var places: [Place] = []

    /// No fields.
    package init() {}

    /// How many there are.
    package var count: Int { places.count }

    /// Bytes of names and values, and 32 for each field, as HTTP/2 counts them (RFC 9113 section 6.5.2). What HTTP/1.1 writes between
    /// and behind them, four bytes a field, does not count.
    // Stored: each answer is asked for it, and to read a count of an array inside another object holds on to the array.
    package private(set) var size = 0

    /// Adds a field whose name and value are appended to what they are given. The name must be lower-case, and both valid on the wire.
    @inline(__always)
    package mutating func add(name: (inout [UInt8]) -> Void, value: (inout [UInt8]) -> Void) {
        let start = text.count
        name(&text)
        let nameEnd = text.count
        text.append(": ")
        value(&text)
        let valueEnd = text.count
        text.append("\r\n")
        size += text.count - start + (32 - 4)
        places.append(
            Place(
                start: UInt32(truncatingIfNeeded: start), nameEnd: UInt32(truncatingIfNeeded: nameEnd),
                valueEnd: UInt32(truncatingIfNeeded: valueEnd)))
    }

    /// Adds a field.
    package mutating func add(_ name: Bytes, _ value: Bytes) {
        add(name: { $0.append(name) }, value: { $0.append(value) })
    }

    /// Adds other fields behind these.
    package mutating func add(_ others: HeaderFields) {
        let shift = UInt32(truncatingIfNeeded: text.count)
        size += others.size
        text.append(contentsOf: others.text)
        places.reserveCapacity(places.count + others.places.count)
        for place in others.places {
            places.append(
                Place(
                    start: place.start + shift, nameEnd: place.nameEnd + shift, valueEnd: place.valueEnd + shift))
        }
    }

    /// Calls `body` with the name and the value of each field, then `whileValid`, during which the views are still valid.
    @inline(__always)
    package func withFields(_ body: (_ name: Bytes, _ value: Bytes) -> Void, whileValid: () -> Void) {
        text.withBytes { text in
            for place in places { body(text[place.name], text[place.value]) }
            whileValid()
        }
    }

    /// Takes all fields out; the memory is kept, unless it is more than `maxBytes`.
    package mutating func removeAll(keeping maxBytes: Int) {
        if size == 0 { return }
        if text.capacity > maxBytes {
            self = HeaderFields()
        } else {
            size = 0
            text.removeAll(keepingCapacity: true)
            places.removeAll(keepingCapacity: true)
        }
    }
}
