// The headers that decisions read, found in the one pass over a CheckRequest and put where decisions read them.

import Bytes
import Sessions

/// A header that decisions read.
enum KnownHeader: UInt8, CaseIterable {
    case authorization
    case cookie
    case contentType
    case contentLength
    case forwardedProto
    case forwardedHost
    case partialBody
    case treatAsUntrusted
    case origin
    case requestID
    case traceParent
    /// The one that the configuration names.
    case clientAddress
}

/// Which header a name is, and which of them came several times.
struct KnownHeaders {
    /// Bit n: the header of raw value n came several times.
    private var repeated: UInt16 = 0
    /// The lower-case name of the header with the client's address, empty for none.
    private let addressHeader: Bytes
    /// Bit n: a name that is looked for has n bytes, or n more than a multiple of 64. Most names end their search here.
    private let lengths: UInt64

    /// `addressHeader` is the lower-case name of the header with the client's address, empty for none.
    /// - Parameter identifies: Whether `x-request-id` and `traceparent` are looked for.
    init(_ addressHeader: Bytes, identifies: Bool = true) {
        self.addressHeader = addressHeader
        let identifying: UInt64 = identifies ? 1 << 11 : 0
        let fixed: UInt64 = identifying | 1 << 6 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 16 | 1 << 17 | 1 << 18 | 1 << 25
        lengths = addressHeader.isEmpty ? fixed : fixed | 1 &<< UInt64(truncatingIfNeeded: addressHeader.count)
    }

    /// Whether the headers that join logs are looked for, of which `traceparent` alone has 11 bytes. No decision depends on them.
    @inline(__always)
    private var identifies: Bool { lengths & 1 << 11 != 0 }

    /// Whether `key` is as long as a name that is looked for.
    @inline(__always)
    private func hasLength(of key: Bytes) -> Bool { lengths &>> UInt64(truncatingIfNeeded: key.count) & 1 != 0 }

    /// Which header `key` names; the lengths of the fixed names tell them apart, those of `cookie` and
    /// `origin` aside.
    @inline(__always)
    private func header(_ key: Bytes) -> KnownHeader? {
        switch key.count {
        case 6 where key == "cookie": return .cookie
        case 6 where key == "origin": return .origin
        case 11 where key == "traceparent": return .traceParent
        case 12 where key[0] == UInt8(ascii: "c") && key == "content-type": return .contentType
        case 12 where identifies && key == "x-request-id": return .requestID
        case 13 where key == "authorization": return .authorization
        case 14 where key == "content-length": return .contentLength
        case 16 where key == "x-forwarded-host": return .forwardedHost
        case 17 where key == "x-forwarded-proto": return .forwardedProto
        case 18 where key == "treat-as-untrusted": return .treatAsUntrusted
        case 25 where key == "x-envoy-auth-partial-body": return .partialBody
        default: return !key.isEmpty && key == addressHeader ? .clientAddress : nil
        }
    }

    /// Puts an entry of the map into `request`; of one name there is one entry, or the last counts.
    @inline(__always)
    func note(_ key: Bytes, _ value: Bytes, in request: inout Request) {
        if hasLength(of: key) { noteSimilar(key, value, in: &request) }
    }

    private func noteSimilar(_ key: Bytes, _ value: Bytes, in request: inout Request) {
        if let header = header(key) { request[header] = value }
    }

    /// Puts a header of the list into `request`.
    mutating func noteRepeatable(_ key: Bytes, _ value: Bytes, in request: inout Request) {
        guard hasLength(of: key), let header = header(key) else { return }
        if request[header] != nil { repeated |= 1 << UInt16(header.rawValue) }
        request[header] = value
    }

    /// Whether one of them came several times.
    var hasRepeated: Bool { repeated != 0 }

    func isRepeated(_ header: KnownHeader) -> Bool { repeated >> UInt16(header.rawValue) & 1 != 0 }

    /// The header's name.
    func text(of header: KnownHeader) -> Bytes {
        switch header {
        case .authorization: Bytes("authorization")
        case .cookie: Bytes("cookie")
        case .contentType: Bytes("content-type")
        case .contentLength: Bytes("content-length")
        case .forwardedProto: Bytes("x-forwarded-proto")
        case .forwardedHost: Bytes("x-forwarded-host")
        case .partialBody: Bytes("x-envoy-auth-partial-body")
        case .treatAsUntrusted: Bytes("treat-as-untrusted")
        case .origin: Bytes("origin")
        case .requestID: Bytes("x-request-id")
        case .traceParent: Bytes("traceparent")
        case .clientAddress: addressHeader
        }
    }
}

extension Request {
    /// The value of a header, nil when there is none.
    @inline(__always)
    subscript(_ header: KnownHeader) -> Bytes? {
        get {
            switch header {
            case .authorization: authorization
            case .cookie: cookie
            case .contentType: contentType
            case .contentLength: contentLength
            case .forwardedProto: forwardedProto
            case .forwardedHost: forwardedHost
            case .partialBody: partialBody
            case .treatAsUntrusted: treatAsUntrusted
            case .origin: origin
            case .requestID: requestID
            case .traceParent: traceParent
            case .clientAddress: clientAddress
            }
        }
        set {
            switch header {
            case .authorization: authorization = newValue
            case .cookie: cookie = newValue
            case .contentType: contentType = newValue
            case .contentLength: contentLength = newValue
            case .forwardedProto: forwardedProto = newValue
            case .forwardedHost: forwardedHost = newValue
            case .partialBody: partialBody = newValue
            case .treatAsUntrusted: treatAsUntrusted = newValue
            case .origin: origin = newValue
            case .requestID: requestID = newValue
            case .traceParent: traceParent = newValue
            case .clientAddress: clientAddress = newValue
            }
        }
    }
}
