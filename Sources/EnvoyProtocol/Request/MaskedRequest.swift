// A request that is kept to be explained later: all that decisions read of it, its credentials masked.

import Bytes
import Sessions

extension Request {
    /// Bytes of the longest form, and of the longest other part, that are kept.
    private static var maxBody: Int { 8 << 10 }
    private static var maxPart: Int { 4 << 10 }

    /// The CheckRequest without what proves whose request it is. What is too long is cut.
    /// - Parameter now: When it was made.
    package func masked(_ policy: Policy, at now: Timestamp) -> [UInt8] {
        var builder = CheckRequestBuilder()
        builder.timeSeconds = now.seconds
        builder.timeNanos = Int32(truncatingIfNeeded: now.milliseconds % 1000 * 1_000_000)
        builder.id = Self.text(recordID)
        builder.method = Self.text(method)
        builder.path = CredentialMask.target(target.prefix(Self.maxPart)).repaired
        builder.host = CredentialMask.host(host.prefix(Self.maxPart)).repaired
        builder.scheme = Self.text(scheme)
        if hasSourceIP { builder.sourceAddress = Self.text(sourceAddress) }
        addHeaders(to: &builder, policy)
        addBody(to: &builder)
        builder.contextExtensions = overrides?.entries ?? []
        return builder.encode()
    }

    private func addHeaders(to builder: inout CheckRequestBuilder, _ policy: Policy) {
        let known = KnownHeaders(policy.clientAddressHeader.view)
        for header in KnownHeader.allCases {
            guard let value = self[header]?.prefix(Self.maxPart) else { continue }
            let masked: [UInt8] =
                switch header {
                case .authorization: CredentialMask.authorization(value)
                case .cookie: CredentialMask.cookie(value, session: policy.cookieName)
                default: value.array
                }
            builder.addHeader(known.text(of: header).array, masked.repaired)
        }
    }

    private func addBody(to builder: inout CheckRequestBuilder) {
        builder.size = bodySize
        let form = postForm
        guard !form.isEmpty, form.count <= Self.maxBody else { return }
        // A secret that is left out makes it shorter; what counts is that it is whole.
        let masked = CredentialMask.form(form).repaired
        builder.body = masked
        if bodySize >= 0 { builder.size = bodySize - Int64(form.count) + Int64(masked.count) }
    }

    private static func text(_ value: Bytes) -> [UInt8] { value.prefix(maxPart).array.repaired }
}

extension [UInt8] {
    /// The bytes as UTF-8, which protobuf's texts must be.
    fileprivate var repaired: [UInt8] {
        withBytes { $0.isUTF8 } ? self : Array(String(decoding: self, as: UTF8.self).utf8)
    }
}

extension CheckRequestJSON {
    /// The proto3 JSON of an encoded CheckRequest; nil when it is none.
    package static func json(of message: [UInt8]) -> JSON? {
        guard let request = try? EnvoyCheckRequest(serializedBytes: message) else { return nil }
        let text: [UInt8]? = try? request.jsonUTF8Bytes()
        return text.flatMap { try? JSON(parsing: $0) }
    }
}
