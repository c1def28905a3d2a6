// Compact JWS (RFC 7515, 7.1): three segments of base64url, `header.payload.signature`, of which the first two are signed.
//
// Reading is as strict as lcobucci/jwt, the library behind MediaWiki: canonical base64url without padding; header and payload are
// JSON objects without empty names, of duplicate names the last counts; nothing is encrypted. As there, `crit` is not looked at.

import Bytes

/// A token that was decoded, and not yet verified: views that are valid during the call that got them.
public struct JWS {
    /// What the header names as its algorithm; which one is used, the key says.
    public let algorithm: JWSAlgorithm
    /// The payload. Not to be believed before `verify` says so.
    public let unverifiedPayload: Bytes
    private let signature: Bytes
    private let message: Bytes

    /// Largest token in bytes.
    public static let maxBytes = 16_384

    /// What verifying a token comes to.
    public enum Verification: Sendable {
        /// The signature is of one of the keys.
        case valid
        /// No key has the algorithm that the header names.
        case algorithmNotAccepted
        /// The signature is of none of the keys.
        case invalid
    }

    /// Verifies the signature with those of `keys` that have the header's algorithm.
    public func verify(with keys: [VerificationKey]) -> Verification {
        var result = Verification.algorithmNotAccepted
        for key in keys where key.algorithm == algorithm {
            if key.verify(signature: signature, message: message) { return .valid }
            result = .invalid
        }
        return result
    }
}

// MARK: - Reading

extension JWS {
    /// Calls `body` with the token that `text` is; nil when it is malformed, or of an algorithm that no key can have.
    @inlinable
    public static func withDecoded<Value>(_ text: Bytes, _ body: (JWS?) -> Value) -> Value {
        guard text.count <= maxBytes else { return body(nil) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count) { room in
            body(JWS(text, decodedTo: room))
        }
    }

    /// Calls `body` with the payload of `text`, a token that was verified before and is not verified again; nil when it is malformed.
    @inlinable
    public static func withPayload<Value>(ofVerified text: Bytes, _ body: (Bytes?) -> Value) -> Value {
        guard text.count <= maxBytes else { return body(nil) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count) { room in
            body(payload(of: text, decodedTo: room))
        }
    }

    @usableFromInline
    init?(_ text: Bytes, decodedTo room: UnsafeMutableBufferPointer<UInt8>) {
        // Each segment is decoded to where it begins in the text.
        guard let (first, second) = Self.points(in: text),
            let algorithm = Self.decode(text[0..<first], to: room[...]).flatMap(Self.algorithm),
            let payload = Self.decode(text[(first + 1)..<second], to: room[first...]),
            let signature = Self.decode(text.dropFirst(second + 1), to: room[second...])
        else { return nil }
        self.algorithm = algorithm
        self.unverifiedPayload = payload
        self.signature = signature
        message = text[0..<second]
    }

    @usableFromInline
    static func payload(of text: Bytes, decodedTo room: UnsafeMutableBufferPointer<UInt8>) -> Bytes? {
        points(in: text).flatMap { first, second in decode(text[(first + 1)..<second], to: room[...]) }
    }

    /// The algorithm that a header names; nil when it is malformed, names another, or says that something is encrypted.
    private static func algorithm(of header: Bytes) -> JWSAlgorithm? {
        var algorithm: JWSAlgorithm?
        var isEncrypted = false
        let isObject = readObject(header) { name, value in
            if name == "alg" { algorithm = value.withText { JWSAlgorithm(name: $0) } ?? nil }
            if name == "enc" { isEncrypted = true }
        }
        return isObject && !isEncrypted ? algorithm : nil
    }

    /// Calls `member` with the name, unescaped, and the value of each member of a header or payload. False when that is not an
    /// object, or has an empty name; what `member` got counts for nothing then.
    public static func readObject(_ segment: Bytes, _ member: (Bytes, JSONText) -> Void) -> Bool {
        // PHP's `json_decode` goes 512 levels deep.
        let limits = JSON.Limits(bytes: maxBytes, depth: 512, values: 4096)
        var hasEmptyName = false
        do {
            try JSON.readObject(segment, limits: limits) { name, value in
                name.withText { name in
                    if name.isEmpty { hasEmptyName = true }
                    member(name, value)
                }
            }
        } catch { return false }
        return !hasEmptyName
    }

    /// Where the two points are between the three segments; nil when there are more or fewer.
    private static func points(in text: Bytes) -> (first: Int, second: Int)? {
        guard let first = text.firstIndex(of: UInt8(ascii: ".")),
            let second = text.firstIndex(of: UInt8(ascii: "."), from: first + 1),
            text.firstIndex(of: UInt8(ascii: "."), from: second + 1) == nil
        else { return nil }
        return (first, second)
    }

    private static func decode(_ segment: Bytes, to room: Slice<UnsafeMutableBufferPointer<UInt8>>) -> Bytes? {
        let room = UnsafeMutableBufferPointer(rebasing: room)
        guard !segment.isEmpty, let count = Base64.decodeURL(segment, to: room) else { return nil }
        return Bytes(UnsafeBufferPointer(rebasing: room[..<count]))
    }
}

// MARK: - Signing

extension JWS {
    /// A signed JWT (RFC 7519) over `payload`, a JSON object. Its header has the key's algorithm, and `keyID` as `kid` unless that
    /// is nil.
    /// - Throws: `KeyError.libraryFailure`.
    public static func sign(
        _ payload: [UInt8], with key: SigningKey, keyID: String? = nil
    ) throws(KeyError) -> [UInt8] {
        var header: [JSON.Member] = [
            JSON.Member("typ", "JWT"), JSON.Member("alg", .string(key.algorithm.rawValue)),
        ]
        if let keyID { header.append(JSON.Member("kid", .string(keyID))) }
        return try sign(header: JSON.object(header).compact, payload, with: key)
    }

    /// A token with any header, so that tests can have headers that lie.
    /// - Throws: `KeyError.libraryFailure`.
    package static func sign(
        header: [UInt8], _ payload: [UInt8], with key: SigningKey
    ) throws(KeyError) -> [UInt8] {
        var token: [UInt8] = []
        header.withBytes { Base64.encodeURL($0, into: &token) }
        token.append(UInt8(ascii: "."))
        payload.withBytes { Base64.encodeURL($0, into: &token) }
        let signature = try token.withBytes { (message) throws(KeyError) in try key.sign(message) }
        token.append(UInt8(ascii: "."))
        signature.withBytes { Base64.encodeURL($0, into: &token) }
        return token
    }
}
