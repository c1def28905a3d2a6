// Which request is next: its kind by weight, its user in turn.

/// A request to be made.
struct Choice {
    let kind: LoadKind
    /// 0 for an anonymous request.
    let user: Int
    /// Of new tokens the one, from 0 on.
    var number = 0
}

/// Chooses the requests of a load.
struct Choices {
    private let mix: Mix
    private let farm: Farm
    private let newTokens: Int
    private var random: SeededRandom
    private var passes: [LoadKind: Passes] = [:]
    private var newTokensTaken = 0

    init(_ mix: Mix, of farm: Farm, newTokens: Int, seed: UInt64) {
        self.mix = mix
        self.farm = farm
        self.newTokens = newTokens
        random = SeededRandom(seed: seed)
        for kind in mix.kinds { passes[kind] = Passes(count: users(of: kind)) }
    }

    private func users(of kind: LoadKind) -> Int {
        switch kind.credential {
        case .ownerToken, .newToken: farm.owners
        case .none, .signature: farm.users
        }
    }

    /// The next request of the mix. Nil when it would repeat a new token.
    mutating func next() -> Choice? {
        let kind = mix.pick(using: &random)
        switch kind {
        case .anonymous: return Choice(kind: kind, user: 0)
        case .newToken:
            guard newTokensTaken < newTokens else { return nil }
            defer { newTokensTaken += 1 }
            return Choice(kind: kind, user: 1 + newTokensTaken % farm.owners, number: newTokensTaken)
        default: return Choice(kind: kind, user: 1 + (passes[kind]?.next(using: &random) ?? 0))
        }
    }

    /// The requests after which a server knows everybody who comes: each user once with each kind.
    var warming: some Sequence<Choice> {
        mix.kinds.lazy.flatMap { kind in
            (1...users(of: kind)).lazy.map { Choice(kind: kind, user: $0) }.prefix(Self.warmingCount(kind))
        }
    }

    private static func warmingCount(_ kind: LoadKind) -> Int {
        switch kind {
        case .anonymous, .newToken, .forged: 0
        default: .max
        }
    }
}
