// What memory is to forget, since the wiki has changed it: a revocation that is announced counts at once.

import Bytes
import Cryptography
import Synchronization

/// SHA-256 of a token: what is announced names a token without giving it away.
public struct TokenDigest: Sendable, Hashable {
    private let digest: Digest256

    /// The digest of an OAuth 1 token, or of the `jti` of an OAuth 2 access token.
    public init(of token: [UInt8]) { digest = token.withBytes { SHA256.digest($0) } }

    /// The digest of `text`: of its `jti`, when it is a JWT.
    public init(text: [UInt8]) {
        let identifier = text.withBytes { text in
            text.firstIndex(of: UInt8(ascii: ".")) == nil
                ? nil : JWT.readVerified(text) { claims in claims[.jti]?.withText(\.array) } ?? nil
        }
        self.init(of: identifier ?? text)
    }

    /// Reads 64 lower-case hexadecimal digits.
    public init?(hexadecimal text: String) {
        guard let bytes = Self.bytes(ofHexadecimal: text), let digest = Digest256(bytes: bytes) else { return nil }
        self.digest = digest
    }

    /// 64 lower-case hexadecimal digits.
    public var hexadecimal: String { String(decoding: digest.hexadecimal, as: UTF8.self) }

    /// A part of it, which is kept beside rows: that others have the same one costs them a lookup, and nothing else.
    var tag: UInt32 { UInt32(truncatingIfNeeded: digest.words.0) }

    private static func bytes(ofHexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8).compactMap { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// What memory is to forget.
public enum Invalidation: Sendable, Hashable {
    /// Everything that was looked up.
    case all
    /// What was looked up about the user with this central id.
    case user(Int64)
    /// What was looked up about the consumer with this key.
    case consumer([UInt8])
    /// What was looked up about a token.
    case token(TokenDigest)

    /// Whether rows may be about it; what was not found may be there by now.
    func concerns(_ grant: Grant?, token: UInt32) -> Bool {
        guard let grant else { return true }
        return switch self {
        case .all: true
        case .user(let id): grant.identity.userID.map { $0 == id } ?? true
        case .consumer(let key): grant.identity.consumer?.key == key
        case .token(let digest): digest.tag == token
        }
    }
}

/// Something to be forgotten here and by all instances, and what came of it. Compared by identity.
public final class PendingInvalidation: Hashable, Sendable {
    /// What came of it. This instance has forgotten in any case.
    public enum Report: Sendable, Equatable {
        /// There are no others to be told.
        case alone
        /// So many instances have been told, this one among them.
        case told(Int)
        /// The others are told when Redis can be asked again.
        case queued
    }

    /// What is to be forgotten.
    public let what: Invalidation
    private let made = Mutex<Report?>(nil)

    /// An order to forget.
    public init(_ what: Invalidation) { self.what = what }

    /// What came of it; nil before that is known.
    public var report: Report? {
        get { made.withLock { $0 } }
        set { made.withLock { $0 = newValue } }
    }

    /// Identity.
    public static func == (left: PendingInvalidation, right: PendingInvalidation) -> Bool { left === right }

    /// Feeds the identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
