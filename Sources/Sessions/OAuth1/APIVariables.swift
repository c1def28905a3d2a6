// The variables that the action API reads whatever it is asked: `origin`, `callback`, `crossorigin`, `centralauthtoken`.

import Bytes

/// Those variables of one query or form.
struct APIVariables: PHPVariables {
    /// Whether a variable is there.
    enum Presence {
        case absent, array, text

        fileprivate init(_ value: PHPQuery.Found) { if case .array = value { self = .array } else { self = .text } }
    }

    private(set) var origin = Presence.absent
    /// Whether `origin` is `*`.
    private(set) var isAnyOrigin = false
    private(set) var callback = Presence.absent
    private(set) var crossorigin = Presence.absent
    /// A `centralauthtoken` that is not empty.
    private(set) var centralAuthToken: [UInt8]?

    func mayBegin(with letter: UInt8) -> Bool { letter == UInt8(ascii: "o") || letter == UInt8(ascii: "c") }

    mutating func note(_ name: Bytes, _ value: PHPQuery.Found) {
        switch name.count {
        case 6 where name == "origin":
            origin = Presence(value)
            isAnyOrigin = value.withText { $0 == "*" } ?? false
        case 8 where name == "callback": callback = Presence(value)
        case 11 where name == "crossorigin": crossorigin = Presence(value)
        case 16 where name == "centralauthtoken":
            centralAuthToken = value.withText { $0.isEmpty ? nil : $0.array } ?? nil
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
