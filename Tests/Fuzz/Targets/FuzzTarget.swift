// What is fuzzed. A target is a function of bytes that throws when the code under test breaks a promise; to crash, to read
// outside of the bytes and to take too long are noticed by the sanitizer and the fuzzer.
//
// Inputs that found something lie in Tests/Fuzz/Crashes/<name>, a small corpus in Tests/Fuzz/Corpus/<name>: the unit tests
// run both through the targets.

import Bytes

/// One function under test.
package struct FuzzTarget: Sendable {
    /// The name, which its folders have too.
    package let name: String
    /// Reads one input.
    /// - Throws: `BrokenPromise`.
    package let run: @Sendable (Bytes) throws(BrokenPromise) -> Void

    /// All targets.
    package static let all = [
        FuzzTarget(name: "check-request", run: fuzzCheckRequest),
        FuzzTarget(name: "json-request", run: fuzzJSONRequest),
        FuzzTarget(name: "oauth-header", run: fuzzOAuthHeader),
        FuzzTarget(name: "query-form", run: fuzzQueryAndForm),
        FuzzTarget(name: "cookie-header", run: fuzzCookieHeader),
        FuzzTarget(name: "jwt", run: fuzzJWT),
        FuzzTarget(name: "http2", run: fuzzHTTP2),
        FuzzTarget(name: "http1", run: fuzzHTTP1),
        FuzzTarget(name: "tls", run: fuzzTLS),
        FuzzTarget(name: "header-list", run: fuzzHeaderList),
        FuzzTarget(name: "route-struct", run: fuzzRouteStruct),
    ]

    /// The target with this name, nil when there is none.
    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    /// Reads one input; ends the process when a promise is broken.
    package func runOrTrap(_ input: Bytes) {
        do throws(BrokenPromise) {
            try run(input)
        } catch {
            fatalError("\(name): \(error.promise)")
        }
    }
}

/// Something that must hold for every input, and does not for this one.
package struct BrokenPromise: Error {
    /// What must hold.
    package let promise: String
}

/// Throws unless `holds`.
func promise(_ holds: Bool, _ promise: @autoclosure () -> String) throws(BrokenPromise) {
    if !holds { throw BrokenPromise(promise: promise()) }
}

extension Bytes {
    /// Whether the view lies within `whole`; an empty one may lie anywhere.
    func lies(within whole: Bytes) -> Bool {
        count == 0 || start >= whole.start && start + count <= whole.start + whole.count
    }

    /// The bytes up to the first `separator`, and those behind it; without a separator all are the first part.
    func split(at separator: UInt8) -> (Bytes, Bytes) {
        guard let index = firstIndex(of: separator) else { return (self, .empty) }
        return (self[0..<index], dropFirst(index + 1))
    }
}
