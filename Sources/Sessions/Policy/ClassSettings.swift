// What an operator decides about rate limit classes.

/// Rate limit classes (`rlc`).
public struct ClassSettings: Sendable {
    /// A group and the class of its members.
    public struct GroupClass: Sendable {
        /// Global group name.
        public var group: String
        /// Class name.
        public var name: String

        /// A rule.
        public init(group: String, name: String) {
            self.group = group
            self.name = name
        }
    }
    /// First match wins.
    public var groups: [GroupClass] = []
    /// Class of anonymous requests; nil: none.
    public var anonymous: String?
    /// The only classes ever emitted. `BYPASS` and `DENY` count only when named here.
    public var allowed: Set<String> = [
        "anon", "anon-browser", "approved-bot", "authed-user", "established-user", "highlimits-user", "known-client",
        "known-network", "unauthed-bot",
    ]
    /// Class of users with enough edits and age.
    public var established = "established-user"
    /// Class of every other user.
    public var authenticated = "authed-user"
    /// Edits that make a user established.
    public var establishedEdits: Int64 = 1000
    /// Seconds since registration that make a user established.
    public var establishedAge: Int64 = 7 * 86_400

    /// The classes of Wikimedia's gateway.
    public init() {}
}

extension ClassSettings {
    /// `name` when it may be told to the edge.
    func emitted(_ name: String?) -> String? { name.flatMap { allowed.contains($0) ? $0 : nil } }
}

extension ClassSettings {
    /// The rate limit class of `user`; nil when no class is allowed for it.
    func name(for user: User, at now: Timestamp) -> String? {
        if let rule = groups.first(where: { user.groups.contains($0.group) && allowed.contains($0.name) }) {
            return rule.name
        }
        let isOld = user.registration.map { now.seconds - $0 >= establishedAge } ?? false
        let hasEdits = (user.editCount ?? 0) >= establishedEdits
        let name = isOld && hasEdits ? established : authenticated
        return allowed.contains(name) ? name : nil
    }

    /// The one copy of an allowed class's name.
    func shared(_ name: String) -> String { allowed.firstIndex(of: name).map { allowed[$0] } ?? name }
}
