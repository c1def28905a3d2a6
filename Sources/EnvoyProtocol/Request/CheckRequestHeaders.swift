// The headers of a CheckRequest, in either form: `headers`, a map in which Envoy joined what came several times, or
// `header_map`, a list of headers as they came (`encode_raw_headers`).

import Bytes
import Sessions

/// A map's entry: key=1, value=2.
struct MapEntry {
    var key = Bytes.empty
    var value = Bytes.empty

    @inline(__always)
    init(_ message: Bytes) throws(WireError) {
        if !readUsual(message) { try read(message) }
    }

    /// Any message.
    private mutating func read(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: key = try reader.delimited()
            case 2: value = try reader.delimited()
            default: try reader.skip()
            }
        }
    }

    /// The shape that every writer gives an entry: key, then value, nothing else. False, with nothing read, for others.
    @inline(__always)
    private mutating func readUsual(_ message: Bytes) -> Bool {
        let count = message.count
        guard count >= 4, message[0] == 0x0A, message[1] < 0x80 else { return false }
        let keyEnd = 2 + Int(message[1])
        guard keyEnd + 2 <= count, message[keyEnd] == 0x12 else { return false }
        var start = keyEnd + 2
        var length = Int(message[keyEnd + 1])
        if length >= 0x80 {
            guard start < count, message[start] < 0x80 else { return false }
            length = length & 0x7F | Int(message[start]) << 7
            start += 1
        }
        guard start + length == count else { return false }
        key = message[2..<keyEnd]
        value = message[start..<count]
        return true
    }
}

/// `config.core.v3.HeaderValue`: the raw value counts when there is one.
struct HeaderValue {
    var key = Bytes.empty
    var value: Bytes { raw.isEmpty ? text : raw }
    private var text = Bytes.empty
    private var raw = Bytes.empty

    init(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 1: key = try reader.delimited()
            case 2: text = try reader.delimited()
            case 3: raw = try reader.delimited()
            default: try reader.skip()
            }
        }
    }
}

/// Owns the values that were joined for one request.
final class JoinedValues {
    private var values: [KeptBytes] = []

    func keep(_ value: [UInt8]) -> Bytes {
        let kept = KeptBytes(value)
        values.append(kept)
        return kept.view
    }
}

/// All values of one header, joined as Envoy joins them.
func joinedValue(
    of lowercaseName: Bytes, among forEachHeader: ((_ name: Bytes, _ value: Bytes) -> Void) -> Void
) -> [UInt8] {
    var value: [UInt8] = []
    var isFirst = true
    forEachHeader { name, next in
        // Some servers drop a line without a value: it must not hide the credentials behind it.
        guard name == lowercaseName, !(next.isEmpty && lowercaseName == "authorization") else { return }
        if !isFirst { value.append(lowercaseName == "cookie" ? "; " : ",") }
        isFirst = false
        value.append(next)
    }
    return value
}

extension CheckRequest {
    /// The value of a header by its lower-case name, nil when there is none. Walks the message again.
    ///
    /// Several of one name in `header_map` are joined with `,` as Envoy does (cookies with `; `).
    public func header(_ lowercaseName: Bytes) -> Bytes? {
        var last: Bytes?
        var count = 0
        forEachHeader { name, value in
            if name == lowercaseName { (last, count) = (value, count + 1) }
        }
        guard count > 1, let joined else { return last }
        return joined.keep(joinedValue(of: lowercaseName, among: forEachHeader))
    }

    /// Calls `body` with the name and the value of each header as it is in the message, in order, pseudo-headers included.
    public func forEachHeader(_ body: (_ name: Bytes, _ value: Bytes) -> Void) {
        forEachHTTPField { field, value in
            if field == 3, !usesHeaderMap, let entry = try? MapEntry(value) { body(entry.key, entry.value) }
            guard field == 13, usesHeaderMap else { return }
            Self.forEachField(of: value) { field, value in
                if field == 1, let header = try? HeaderValue(value) { body(header.key, header.value) }
            }
        }
    }

    mutating func joinRepeated() {
        let owner = JoinedValues()
        joined = owner
        for header in KnownHeader.allCases where known.isRepeated(header) {
            request[header] = owner.keep(joinedValue(of: known.text(of: header), among: forEachHeader))
        }
    }

    private func forEachHTTPField(_ body: (UInt32, Bytes) -> Void) {
        Self.forEachField(of: message) { field, attributes in
            guard field == 1 else { return }
            Self.forEachField(of: attributes) { field, request in
                guard field == 4 else { return }
                Self.forEachField(of: request) { field, http in
                    if field == 2 { Self.forEachField(of: http, body) }
                }
            }
        }
    }

    /// The delimited fields of a message that was decoded once without an error, so that none is to be expected.
    private static func forEachField(of message: Bytes, _ body: (UInt32, Bytes) -> Void) {
        var reader = ProtobufReader(message)
        while (try? reader.next()) == true {
            if reader.wireType == .delimited, let value = try? reader.delimited() {
                body(reader.field, value)
            } else if (try? reader.skip()) == nil {
                return
            }
        }
    }
}
