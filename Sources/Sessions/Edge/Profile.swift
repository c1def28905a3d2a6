// A profile: what one kind of route wants the edge to be told.

import Bytes
import EnvoyProtocol

/// A named set of edge settings, with what of an answer depends on nothing else.
final class Profile: Sendable {
    let name: String
    let settings: EdgeSettings
    /// What the edge is told of a request that is nobody's.
    let nobody: IdentityParts
    /// The entry of `OkHttpResponse.response_headers_to_add` beside our Set-Cookie.
    let privatePart: [UInt8]
    /// Its place among the gate's profiles; 0 is the default.
    let index: Int

    init(_ name: String, _ settings: EdgeSettings, index: Int, anonymousClass: String?) {
        self.name = name
        self.settings = settings
        self.index = index
        nobody = IdentityParts(
            type: .none, user: nil, subject: nil, consumer: nil, rateLimitClass: anonymousClass, edge: settings)
        var writer = ProtobufWriter()
        switch settings.markPrivate {
        case .whenAbsent: Answer.writeResponseHeader("cache-control", "private", .addIfAbsent, into: &writer)
        // Whatever the upstream said, this is no weaker.
        case .always:
            Answer.writeResponseHeader("cache-control", "private, no-store", .overwriteIfExistsOrAdd, into: &writer)
        case .never: break
        }
        privatePart = writer.bytes
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
        return ([settings.defaultProfile] + others).enumerated().map { index, name in
            Profile(
                name, table[name] ?? settings.edge, index: index,
                anonymousClass: settings.classes.emitted(settings.classes.anonymous))
        }
    }
}

extension ClassSettings {
    /// `name` when it may be told to anybody.
    func emitted(_ name: String?) -> String? { name.flatMap { allowed.contains($0) ? $0 : nil } }
}
