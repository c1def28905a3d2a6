// The JSON list of grants in a row, or of scopes in a token.

import Bytes

enum Grants {
    /// The strings of a JSON array; whatever else there is counts for nothing.
    static func parse(_ json: [UInt8]) -> [String] {
        json.withBytes { strings(try? JSON(parsing: $0)) }
    }

    static func strings(_ json: JSON?) -> [String] {
        guard case .array(let items)? = json else { return [] }
        return items.compactMap { item in
            if case .string(let text) = item { return text }
            return nil
        }
    }
}
