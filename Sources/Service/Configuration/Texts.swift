// Texts with a grammar: names, headers, paths, addresses. What is let through here ends up in headers, cookies and tokens,
// so each grammar is the narrow one of the place where it is used.

import Sessions
import Bytes

extension Codec where Value == String {
    /// A text whose bytes all satisfy `allowed`, between 1 and `limit` of them.
    static func text(
        _ expectation: String, limit: Int = 255, where valid: @escaping @Sendable (String) -> Bool = { _ in true },
        bytes allowed: @escaping @Sendable (UInt8) -> Bool
    ) -> Codec {
        scalar(
            expectation,
            { (1...limit).contains($0.utf8.count) && $0.utf8.allSatisfy(allowed) && valid($0) ? $0 : nil },
            format: { $0 })
    }

    /// The name of an HTTP header, lower-case (RFC 9110, 5.1).
    static var headerName: Codec {
        text("a header name in lower case, such as x-session-sub", limit: 64) {
            ASCII.isToken($0) && !ASCII.isUpper($0)
        }
    }

    /// A cookie's name (RFC 6265, 4.1.1).
    static var cookieName: Codec {
        text("a cookie name: letters, digits and !#$%&'*+-.^_`|~", limit: 64, bytes: ASCII.isToken)
    }

    /// A path, or the beginning or end of one.
    static var path: Codec {
        text("a path that begins with /", limit: 1024, where: { $0.hasPrefix("/") }) {
            ASCII.isVisible($0) && $0 != UInt8(ascii: ";")
        }
    }

    /// An article path: a prefix, and `$1` for the title.
    static var articlePath: Codec {
        text(
            "a path that ends with $1, such as /wiki/$1", limit: 1024,
            where: { $0.hasPrefix("/") && $0.hasSuffix("$1") && !$0.dropLast(2).contains("$") }
        ) { $0 > 0x20 && $0 != 0x7F && !"?#%;".utf8.contains($0) }
    }

    /// A name of a namespace or of a page, which is what a title has before and behind the colon.
    static var titlePart: Codec {
        text(
            "a name without :, / and #, such as Spezial or MWOAuth",
            where: { $0.contains { $0 != " " && $0 != "_" } }
        ) { $0 >= 0x20 && $0 != 0x7F && !":/#".utf8.contains($0) }
    }

    /// A domain, as in a cookie's `domain` attribute.
    static var domain: Codec {
        text("a domain such as wiki.example or .wiki.example", where: { $0.contains { $0 != "." } }) {
            ASCII.isHost($0) && !ASCII.isUpper($0)
        }
    }

    /// A wiki id; `*` is what rows say for all wikis.
    static var wikiID: Codec {
        text("a wiki id such as enwiki: letters, digits, _ and -", limit: 64) {
            ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }

    /// The scope of central ids.
    static var centralIDScope: Codec {
        text(
            "<provider>:<instance>, such as local:enwiki or CentralAuth:", limit: 128,
            where: { $0.contains(":") && !$0.hasPrefix(":") }, bytes: ASCII.isVisible)
    }

    /// A word such as a class or a group.
    static func word(_ what: String) -> Codec {
        text("\(what): visible ASCII characters", limit: 128, bytes: ASCII.isVisible)
    }

    /// A server's URL without a path.
    static var origin: Codec {
        text(
            "a URL without a path, such as https://meta.wiki.example",
            where: { text in
                guard case .fixed(.some, _, _) = Wiki.Server(parsing: text) else { return false }
                return true
            }, bytes: ASCII.isVisible)
    }

    /// A prefix of table names, or none.
    static var tablePrefix: Codec {
        scalar(
            "letters, digits and _, or an empty text",
            { text in
                let allowed = text.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
                return allowed && text.utf8.count <= 32 ? text : nil
            }, format: { $0 })
    }

    /// A file, as seen from the configuration's directory.
    static var file: Codec {
        text(
            "a file name, absolute or relative to the configuration's directory", limit: 4096, bytes: { $0 >= 0x20 })
    }

    /// A secret: never shown, not in messages either.
    static var secret: Codec {
        Codec(
            expectation: "a text that is not empty",
            decode: { source, mismatches in
                if case .text(let text) = source.content, !text.isEmpty { return text }
                mismatches.append(Mismatch(problem: "got something else (not shown)", place: source.place))
                return nil
            },
            encode: { _ in .string(hidden) })
    }

    /// What is shown in place of a secret.
    static var hidden: String { "(hidden)" }
}

extension Codec where Value == [UInt8] {
    /// A secret as bytes.
    static var secretBytes: Codec {
        let secret = Codec<String>.secret
        return Codec(
            expectation: secret.expectation, decode: { secret.decode($0, &$1).map { Array($0.utf8) } },
            encode: { _ in .string(Codec<String>.hidden) })
    }
}
