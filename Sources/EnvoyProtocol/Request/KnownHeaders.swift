// The headers that decisions read, found in the one pass over a CheckRequest.

import Bytes
import Sessions

/// Values of the headers that decisions read.
struct KnownHeaders {
    enum Name: Int, CaseIterable {
        case authorization
        case cookie
        case contentType
        case contentLength
        case forwardedProto
        case forwardedHost
        case partialBody
        /// The one that the configuration names.
        case clientAddress
    }

    private var values = InlineArray<8, Bytes?>(repeating: nil)
    /// Bit n: the header of raw value n came several times.
    private var repeated: UInt8 = 0
    private let addressHeader: Bytes
    /// Bit n: a name that is looked for has n bytes. Longer ones count as 63.
    private let lengths: UInt64

    /// `addressHeader` is the lower-case name of the header with the client's address, empty for none.
    init(_ addressHeader: Bytes) {
        self.addressHeader = addressHeader
        let fixed: UInt64 = 1 << 6 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 16 | 1 << 17 | 1 << 25
        lengths = addressHeader.isEmpty ? fixed : fixed | 1 << UInt64(min(63, addressHeader.count))
    }

    subscript(_ name: Name) -> Bytes? {
        get { values[name.rawValue] }
        set { values[name.rawValue] = newValue }
    }

    /// Which header `key` names; the lengths of the fixed names differ, so that one comparison decides.
    @inline(__always)
    private func name(_ key: Bytes) -> Name? {
        guard lengths &>> UInt64(truncatingIfNeeded: min(63, key.count)) & 1 != 0 else { return nil }
        switch key.count {
        case 6 where key == "cookie": return .cookie
        case 12 where key == "content-type": return .contentType
        case 13 where key == "authorization": return .authorization
        case 14 where key == "content-length": return .contentLength
        case 16 where key == "x-forwarded-host": return .forwardedHost
        case 17 where key == "x-forwarded-proto": return .forwardedProto
        case 25 where key == "x-envoy-auth-partial-body": return .partialBody
        default: return !key.isEmpty && key == addressHeader ? .clientAddress : nil
        }
    }

    mutating func note(_ key: Bytes, _ value: Bytes) {
        if let name = name(key) { self[name] = value }
    }

    mutating func noteRepeatable(_ key: Bytes, _ value: Bytes) {
        guard let name = name(key) else { return }
        if self[name] != nil { repeated |= 1 << UInt8(name.rawValue) }
        self[name] = value
    }

    func isRepeated(_ name: Name) -> Bool { repeated >> UInt8(name.rawValue) & 1 != 0 }

    /// Forgets what was found.
    mutating func forget() {
        values = InlineArray(repeating: nil)
        repeated = 0
    }

    /// The header's name.
    func text(of name: Name) -> Bytes {
        switch name {
        case .authorization: Bytes("authorization")
        case .cookie: Bytes("cookie")
        case .contentType: Bytes("content-type")
        case .contentLength: Bytes("content-length")
        case .forwardedProto: Bytes("x-forwarded-proto")
        case .forwardedHost: Bytes("x-forwarded-host")
        case .partialBody: Bytes("x-envoy-auth-partial-body")
        case .clientAddress: addressHeader
        }
    }

    /// Puts what was found into `request`.
    func copy(to request: inout Request) {
        request.authorization = self[.authorization]
        request.cookie = self[.cookie]
        request.contentType = self[.contentType]
        request.contentLength = self[.contentLength]
        request.forwardedProto = self[.forwardedProto]
        request.forwardedHost = self[.forwardedHost]
        request.partialBody = self[.partialBody]
        request.clientAddress = self[.clientAddress]
    }
}
