// A profile: what one kind of route wants the edge to be told.

/// A named set of edge settings.
public final class Profile: Sendable {
    /// Its name, as routes write it.
    public let name: String
    /// Header names and what else is told.
    public let settings: EdgeSettings
    /// The rate limit class of anonymous requests; nil: none.
    public let anonymousClass: String?
    /// What the protocol layer has encoded of it.
    public let memo = MemoSlot()

    init(_ name: String, _ settings: EdgeSettings, anonymousClass: String?) {
        self.name = name
        self.settings = settings
        self.anonymousClass = anonymousClass
    }

    /// All profiles of `settings`, the default first.
    static func all(_ settings: Settings) -> [Profile] {
        var table = settings.profiles
        table[EdgeSettings.standardName] = settings.edge
        if table[EdgeSettings.gatewayName] == nil { table[EdgeSettings.gatewayName] = .gateway }
        let used = [settings.edge] + settings.profiles.values + (table[settings.defaultProfile].map { [$0] } ?? [])
        let headers = Set(used.flatMap(\.headers)).sorted()
        for (name, edge) in table { table[name]?.foreignHeaders = headers.filter { !edge.headers.contains($0) } }
        let others = table.keys.filter { $0 != settings.defaultProfile }.sorted()
        return ([settings.defaultProfile] + others).map { name in
            Profile(
                name, table[name] ?? settings.edge,
                anonymousClass: settings.classes.emitted(settings.classes.anonymous))
        }
    }
}
