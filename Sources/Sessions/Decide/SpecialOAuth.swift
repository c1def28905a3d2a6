// Whether a title is Special:OAuth, as MediaWiki reads titles (`MediaWikiTitleCodec::splitTitleString`,
// `SpecialPageFactory::resolveAlias`).
//
// What follows the page's name (`/initiate`) is left to the wiki: a title that it finds invalid, it refuses by itself.

/// The titles of Special:OAuth, with or without a subpage.
struct SpecialOAuth: Sendable {
    /// Names in addition to the built-in ones, in lower case.
    private let namespaces: Set<String>
    private let pages: Set<String>

    private static let builtInNamespaces = Set(SpecialNames.namespaces.map(key))
    private static let builtInPages = Set(SpecialNames.pages.map(key))

    /// Bytes of the longest title that is read. MediaWiki takes 512 bytes behind the namespace.
    private static let maxBytes = 1024

    /// Knows the built-in names, and these.
    init(namespaces: [String], pages: [String]) {
        self.namespaces = Set(namespaces.map(Self.key))
        self.pages = Set(pages.map(Self.key))
    }

    /// Whether `title`, decoded, is Special:OAuth or a subpage of it.
    func contains(_ title: UnsafeBufferPointer<UInt8>) -> Bool {
        guard title.count <= Self.maxBytes, let text = String(validating: title, as: UTF8.self) else { return false }
        var name = Self.withPlainSpaces(text)[...]
        // A leading colon stands for "no default namespace".
        if name.first == ":" { name = name.dropFirst().drop { $0 == "_" } }
        guard let colon = name.dropFirst().firstIndex(of: ":") else { return false }
        let namespace = Self.key(Self.trimmedEnd(name[..<colon]))
        guard Self.builtInNamespaces.contains(namespace) || namespaces.contains(namespace) else { return false }
        let page = Self.key(Self.page(name[(colon + 1)...]))
        return Self.builtInPages.contains(page) || pages.contains(page)
    }

    /// The name of the page at the beginning of `rest`, which may go on with a subpage and a fragment.
    private static func page(_ rest: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        let whole = rest.drop { $0 == "_" }
        let title = whole.prefix { $0 != "#" }
        let page = title.prefix { $0 != "/" }
        // White space is left out before a fragment, but not before a subpage.
        return page.count == title.count && title.count < whole.count ? trimmedEnd(page) : page
    }

    /// A name as it is compared: MediaWiki ignores case, and reads Unicode in its composed form, as `String` does.
    private static func key(_ name: String) -> String { key(withPlainSpaces(name)[...]) }

    private static func key(_ name: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: name)
        return String(text).lowercased()
    }

    /// `text` with each run of spaces and underscores as one `_`, none at the ends, and without marks for the direction of writing.
    private static func withPlainSpaces(_ text: String) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars where !isDirectionMark(scalar) {
            guard isSpace(scalar) else {
                result.append(scalar)
                continue
            }
            if let last = result.last, last != "_" { result.append("_") }
        }
        return Array(trimmedEnd(result[...]))
    }

    private static func trimmedEnd(_ name: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        name.prefix((name.lastIndex { $0 != "_" } ?? name.startIndex - 1) + 1 - name.startIndex)
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20, 0x5F, 0xA0, 0x1680, 0x180E, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    private static func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x200E || scalar.value == 0x200F || (0x202A...0x202E).contains(scalar.value)
    }
}
