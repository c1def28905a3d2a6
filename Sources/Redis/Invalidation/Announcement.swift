// What instances tell each other on the channel: JSON, without a token's text.
//
//     {"all":true}   {"user":123}   {"consumer":"key"}   {"token_sha256":"64 hexadecimal digits"}

import Bytes
import Sessions

/// A message about what is to be forgotten.
enum Announcement {
    /// The message's text.
    static func text(_ what: Invalidation) -> [UInt8] {
        let member =
            switch what {
            case .all: JSON.Member("all", .bool(true))
            case .user(let id): JSON.Member("user", .integer(id))
            case .consumer(let key): JSON.Member("consumer", .string(String(decoding: key, as: UTF8.self)))
            case .token(let digest): JSON.Member("token_sha256", .string(digest.hexadecimal))
            }
        return JSON.object([member]).compact
    }

    /// What a message asks for. One that is not understood, such as that of a newer version, asks for everything.
    static func read(_ text: [UInt8]) -> Invalidation {
        guard let members = try? JSON(parsing: text).members, members.count == 1, let member = members.first else {
            return .all
        }
        switch (member.name, member.value.integerValue, member.value.stringValue) {
        case ("user", let id?, _): return .user(id)
        case ("consumer", _, let key?): return .consumer(Array(key.utf8))
        case ("token_sha256", _, let digits?): return TokenDigest(hexadecimal: digits).map { .token($0) } ?? .all
        default: return .all
        }
    }
}
