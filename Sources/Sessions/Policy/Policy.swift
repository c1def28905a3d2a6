// What the operator decided, in the form in which checks read it. Immutable; replaced as a whole.

import Bytes
import Synchronization

/// Settings, keys, wikis and profiles of one generation. A check takes it once.
public final class Policy: Sendable {
    /// What the configuration says.
    public let settings: Settings
    /// The keys.
    public let keys: KeyRing
    /// Which policy it is: what was learnt under another one counts no more.
    public let generation: UInt32
    /// `iss` of the session cookies.
    public let issuer: String
    /// Profiles: what kinds of routes want the edge to be told. The default is the first.
    public let profiles: [Profile]
    /// What the protocol layer has encoded of it.
    public let memo = MemoSlot()
    /// The cookie's name.
    package let cookieName: [UInt8]
    /// The lower-case name of the header with the client's address, empty when there is none.
    package let clientAddressHeader: KeptBytes
    let wikis: ServedWikis
    let entryPoints: EntryPoints
    let staticConsumers: StaticConsumers
    let trustedNetworks: AddressRestrictions

    private static let generations = Atomic<UInt32>(0)

    /// A policy of a generation of its own.
    public init(settings: Settings, keys: KeyRing) {
        self.settings = settings
        self.keys = keys
        generation = Self.generations.add(1, ordering: .relaxed).newValue
        issuer = settings.cookie.issuer ?? settings.wikis.fallback?.canonicalServer ?? ""
        cookieName = Array(settings.cookie.name.utf8)
        clientAddressHeader = KeptBytes(Array((settings.trust.clientAddressHeader ?? "").utf8))
        profiles = Profile.all(settings)
        wikis = ServedWikis(settings.wikis)
        entryPoints = EntryPoints(settings.entryPoints, settings.version.rules)
        staticConsumers = StaticConsumers(settings.staticConsumers)
        trustedNetworks = AddressRestrictions(settings.limits.trustedNetworks) ?? .nowhere
    }
}

/// The policy in force, for threads that have no copy of their own.
public final class CurrentPolicy: Sendable {
    private let policy: Mutex<Policy>

    /// Begins with `policy`.
    public init(_ policy: Policy) { self.policy = Mutex(policy) }

    /// The policy in force.
    public var value: Policy {
        get { policy.withLock { $0 } }
        set { policy.withLock { $0 = newValue } }
    }
}

extension Wiki {
    /// The server as an issuer: `https` where the wiki leaves the scheme open. Nil when it is detected.
    var canonicalServer: String? {
        guard case .fixed(let scheme, let host, let port) = server else { return nil }
        let signed = scheme ?? "https"
        let isDefault = port == nil || port == (signed == "https" ? 443 : 80)
        return "\(signed)://\(host)\(isDefault ? "" : ":\(port ?? 0)")"
    }
}
