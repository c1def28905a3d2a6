// The Cookie header: pairs read in place, copies with a cookie set or left out.

import Bytes

/// Reads `input`: a name, a line feed, the header.
func fuzzCookieHeader(_ input: Bytes) throws(BrokenPromise) {
    let (name, header) = input.split(at: UInt8(ascii: "\n"))
    let cookies = CookieHeader(header)
    try checkLookups(of: name, in: cookies)
    guard isCookieName(name) else { return }
    try checkCopies(of: cookies, name)
}

private func checkLookups(of name: Bytes, in cookies: CookieHeader) throws(BrokenPromise) {
    var values: [Bytes] = []
    for pair in cookies {
        for part in [pair.name, pair.value, pair.unquotedValue] {
            try promise(part.lies(within: cookies.bytes), "views lie in the header")
        }
        if pair.name == name { values.append(pair.value) }
    }
    try promise(cookies.first(name) == values.first, "the first of a name")
    try promise(cookies.last(name) == values.last, "the last of a name")
    try promise(cookies.count(name) == values.count, "the count of a name")
}

private func checkCopies(of cookies: CookieHeader, _ name: Bytes) throws(BrokenPromise) {
    var without: [UInt8] = []
    cookies.copy(removing: name, into: &without)
    var with: [UInt8] = []
    cookies.copy(setting: name, to: Bytes("value"), into: &with)
    let others = without.withBytes { CookieHeader($0).map { [$0.name.array, $0.value.array] } }
    try promise(without.withBytes { CookieHeader($0).count(name) } == 0, "a cookie that was removed is gone")
    try promise(
        others == cookies.filter { $0.name != name }.map { [$0.name.array, $0.value.array] }, "the others stay")
    try with.withBytes { (copy) throws(BrokenPromise) in
        let copy = CookieHeader(copy)
        try promise(copy.count(name) == 1 && copy.first(name) == Bytes("value"), "a cookie that was set is there once")
        try promise(
            copy.filter { $0.name != name }.map { [$0.name.array, $0.value.array] } == others,
            "the others stay beside it")
    }
}

/// RFC 6265 section 4.1.1, as far as it matters here: nothing that ends a name, or that is no part of it.
private func isCookieName(_ name: Bytes) -> Bool {
    !name.isEmpty && name.buffer.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3B && $0 != 0x3D }
}
