// Requests as bytes: what changes between copies of what does not.

import Cryptography
import Glibc
import Bytes

/// Makes the requests of a load.
struct RequestMaker {
    /// How requests travel.
    enum Form: Sendable { case check, http }

    private let form: Form
    private let credentials: SignedCredentials
    private var signer: OAuth1Signer
    private let template = RequestTemplate()
    /// No two runs have a nonce in common.
    private let run = SecureRandom.bytes(8).hexadecimalDigits
    private var count: UInt64 = 0
    private var second: Int64 = 0
    private var time: [UInt8] = []
    private var authorization: [UInt8] = []

    init(_ form: Form, credentials: SignedCredentials, farm: Farm) {
        self.form = form
        self.credentials = credentials
        signer = OAuth1Signer(farm)
    }

    /// Writes the request of `call.kind` by `call.user`; of new tokens `number` is the next one.
    mutating func write(_ call: LoadCall, number: Int) {
        call.reset()
        count += 1
        let unique = run + withUnsafeBytes(of: count.bigEndian) { Array($0) }.hexadecimalDigits
        authorization.removeAll(keepingCapacity: true)
        switch call.kind.credential {
        case .none: break
        case .ownerToken: authorization += credentials.ownerTokens[call.user]
        case .newToken: authorization += credentials.newTokens[number]
        case .signature:
            tick()
            let isForged = call.kind == .forged
            signer.append(user: call.user, nonce: unique, time: time, isForged: isForged, to: &authorization)
        }
        let cookie = call.kind.hasCookie ? credentials.cookies[call.user] : []
        switch form {
        case .check: template.writeCheck(id: unique, authorization, cookie: cookie, to: &call.request)
        case .http: template.writeHTTP(authorization, cookie: cookie, to: &call.request)
        }
    }

    private mutating func tick() {
        let now = Int64(Glibc.time(nil))
        guard now != second else { return }
        second = now
        time = Array("\(now)".utf8)
    }
}

extension [UInt8] {
    /// Each byte as two lower-case digits.
    fileprivate var hexadecimalDigits: [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * count)
        for byte in self {
            for nibble in [byte >> 4, byte & 15] { digits.append(nibble < 10 ? 48 + nibble : 87 + nibble) }
        }
        return digits
    }
}
