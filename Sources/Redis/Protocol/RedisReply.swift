// What Redis answers (RESP2), as a Swift value.

/// A reply of Redis.
package enum RedisReply: Sendable, Equatable {
    /// There is no such thing.
    case null
    /// A status or a value.
    case text([UInt8])
    /// A number.
    case integer(Int64)
    /// Why the command was not carried out: Redis's own words.
    case error(String)
    /// Several replies.
    case list([RedisReply])

    /// The text; nil for anything else.
    package var text: [UInt8]? { if case .text(let text) = self { text } else { nil } }

    /// The text as a string; nil for anything else.
    package var string: String? { text.map { String(decoding: $0, as: UTF8.self) } }

    /// The replies of a list; nil for anything else.
    package var list: [RedisReply]? { if case .list(let replies) = self { replies } else { nil } }

    /// Why the command was not carried out; nil when it was.
    package var error: String? { if case .error(let text) = self { text } else { nil } }
}
