// What one of Envoy's worker threads decides with. All requests of the thread use it one after the other, so that nothing is allocated
// for a request but what Envoy keeps of it.

import Bytes
import CEnvoy
import Cryptography
import EnvoyProtocol
import Service
import Sessions
import Transport

/// The endpoints and buffers of one thread.
final class Worker {
    /// Decide and count.
    let endpoints: Endpoints
    private var policyNumber: Int
    private var fields: UnsafeMutableBufferPointer<envoy_header>
    private var fieldCount = 0
    /// Eight random digits, then the number of a request of this thread, sixteen digits.
    private var requestID: [UInt8]
    private var requestCount: UInt64 = 0

    init(_ engine: Engine) {
        (endpoints, policyNumber) = engine.makeEndpoints()
        fields = .allocate(capacity: 64)
        requestID =
            SecureRandom.bytes(4).flatMap { [$0 >> 4, $0 & 15] }.map(Self.digit) + Array(repeating: 0, count: 16)
    }

    deinit { fields.deallocate() }

    /// The policy by which this thread decides.
    var policy: Policy { endpoints.policy }

    /// Takes another policy into use, when there is one.
    @inline(__always)
    func follow(_ engine: Engine) {
        if engine.policyNumber.load(ordering: .relaxed) != policyNumber { policyNumber = engine.update(endpoints) }
    }

    /// A number for a new request.
    func nextRequest() -> UInt64 {
        requestCount &+= 1
        return requestCount
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}

// MARK: - The request, as Envoy keeps it

extension Worker {
    /// Calls `body` with the request of `stream`, whose views are valid until something is set in Envoy.
    /// - Parameter number: The request's number on this thread.
    @inline(__always)
    func withRequest<Result>(
        _ stream: UnsafeMutableRawPointer, _ number: UInt64, _ envoy: envoy_callbacks, _ body: (inout Request) -> Result
    ) -> Result? {
        guard readFields(of: stream, envoy) else { return nil }
        var reader = HeaderListReader(addressHeader: policy.clientAddressHeader.view)
        forEachField { reader.note($0, $1) }
        reader.joinRepeated(forEachField)
        // It owns the values of fields that came several times.
        defer { withExtendedLifetime(reader) {} }
        var request = reader.request
        // ext_authz's mark of a form that was cut off: here nothing is.
        request.partialBody = nil
        request.noteSource(source(of: stream, envoy))
        writeID(number)
        return requestID.withBytes { id in
            request.id = id
            return body(&request)
        }
    }

    /// Goes through the fields that were read last.
    func forEachField(_ body: (_ name: Bytes, _ value: Bytes) -> Void) {
        for field in fields[..<fieldCount] {
            body(Bytes(field.name, field.name_count), Bytes(field.value, field.value_count))
        }
    }

    /// Which of the fields that `answer` removes the request has: a bit for each of the first 64.
    func presentFields(of answer: FilterAnswer) -> UInt64 {
        var present: UInt64 = 0
        for (index, field) in answer.fields.prefix(64).enumerated() where field.value == nil {
            if has(field.name.view) { present |= 1 << index }
        }
        return present
    }

    private func has(_ name: Bytes) -> Bool {
        fields[..<fieldCount].contains { Bytes($0.name, $0.name_count) == name }
    }

    private func readFields(of stream: UnsafeMutableRawPointer, _ envoy: envoy_callbacks) -> Bool {
        let kind = CInt(ENVOY_REQUEST_HEADERS.rawValue)
        fieldCount = 0
        let count = envoy.get_headers_size(stream, kind)
        if count > fields.count {
            fields.deallocate()
            fields = .allocate(capacity: 2 * count)
        }
        guard count > 0, let start = fields.baseAddress, envoy.get_headers(stream, kind, start) else { return false }
        fieldCount = count
        return true
    }

    /// Where the connection comes from: as ext_authz tells it where Envoy does, else after Envoy has looked at x-forwarded-for.
    private func source(of stream: UnsafeMutableRawPointer, _ envoy: envoy_callbacks) -> Bytes {
        var text = envoy_text.none
        if let direct = envoy.get_direct_remote_address {
            return direct(stream, &text) ? text.bytes : .empty
        }
        return envoy.get_attribute(stream, CInt(ENVOY_SOURCE_ADDRESS.rawValue), &text) ? text.bytes : .empty
    }

    private func writeID(_ number: UInt64) {
        var rest = number
        for index in stride(from: 23, through: 8, by: -1) {
            requestID[index] = Self.digit(UInt8(truncatingIfNeeded: rest & 15))
            rest >>= 4
        }
    }
}
