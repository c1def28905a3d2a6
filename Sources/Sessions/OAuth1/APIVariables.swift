// The variables that the action API reads whatever it is asked: `origin`, `callback`, `crossorigin`, `centralauthtoken`. They are found
// in one pass over a query or a form, as PHP has them: the last of a repeated name counts, names are decoded and may be arrays.

import Bytes

/// Those variables of one query or form.
struct APIVariables {
    /// Whether a variable is there. For MediaWiki an array is as good as none, but it hides one of the same name in the query.
    enum Presence {
        case absent, array, text
    }

    private(set) var origin = Presence.absent
    /// Whether `origin` is `*`.
    private(set) var isAnyOrigin = false
    private(set) var callback = Presence.absent
    private(set) var crossorigin = Presence.absent
    /// A `centralauthtoken` that is not empty.
    private(set) var centralAuthToken: [UInt8]?

    /// Nothing.
    init() {}

    /// Reads `text`, a query without its `?`, or a form.
    static func read(_ text: Bytes) -> APIVariables {
        var variables = APIVariables()
        var start = 0
        var count = 1
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count
            if Self.mayBeName(text[start]) {
                let pair = text[start..<end]
                let name = pair.prefix(pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count)
                guard name.buffer.allSatisfy(Percent.isUnreserved), count <= PHPQuery.maxVariables else {
                    return APIVariables(PHPQuery(text))
                }
                variables.set(name, pair.dropFirst(name.count + 1))
            }
            start = end + 1
            count += 1
        }
        return variables
    }

    private init(_ variables: PHPQuery) {
        for (name, value) in variables.variables {
            switch value {
            case .scalar(let text):
                name.withBytes { name in text.withBytes { setDecoded(name, $0) } }
            case .list: name.withBytes { set($0, .array) }
            }
        }
    }

    /// Whether a name that begins so can be one of these: PHP decodes names, and leaves out spaces before them.
    @inline(__always)
    private static func mayBeName(_ first: UInt8) -> Bool {
        switch first {
        case UInt8(ascii: "o"), UInt8(ascii: "c"), UInt8(ascii: "%"), UInt8(ascii: "+"), 0x20: true
        default: false
        }
    }

    private mutating func set(_ name: Bytes, _ encoded: Bytes) {
        guard name.count == 6 || name.count == 8 || name.count == 11 || name.count == 16 else { return }
        var value: [UInt8] = []
        Percent.decodeForm(encoded, into: &value)
        value.withBytes { setDecoded(name, $0) }
    }

    private mutating func setDecoded(_ name: Bytes, _ value: Bytes) {
        set(name, .text)
        if name == "origin" { isAnyOrigin = value == "*" }
        if name == "centralauthtoken" { centralAuthToken = value.isEmpty ? nil : value.array }
    }

    private mutating func set(_ name: Bytes, _ presence: Presence) {
        switch name.count {
        case 6 where name == "origin": (origin, isAnyOrigin) = (presence, false)
        case 8 where name == "callback": callback = presence
        case 11 where name == "crossorigin": crossorigin = presence
        case 16 where name == "centralauthtoken": centralAuthToken = nil
        default: break
        }
    }

    /// These variables of a form, and of `query` those that the form does not have: PHP lays `$_POST` over `$_GET`.
    func over(_ query: APIVariables) -> APIVariables {
        var merged = self
        if origin == .absent { (merged.origin, merged.isAnyOrigin) = (query.origin, query.isAnyOrigin) }
        if callback == .absent { merged.callback = query.callback }
        if crossorigin == .absent { merged.crossorigin = query.crossorigin }
        if centralAuthToken == nil { merged.centralAuthToken = query.centralAuthToken }
        return merged
    }
}
