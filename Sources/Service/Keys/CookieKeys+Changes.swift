// The changes that a rotation makes. Each is written only when the new file is a valid configuration that differs in nothing else.

import Bytes
import Cryptography
import Foundation

extension CookieKeys {
    /// Publishes a key: that of `path`, or a new one in a new file beside the present key's.
    /// - Returns: Its file, as the configuration names it.
    /// - Throws: ``CookieKeyError`` and what is wrong with files and keys.
    public func add(_ path: String?, algorithm: JWSAlgorithm?, at now: Int64) throws -> String {
        var keys = written
        let name = try path ?? make(algorithm, at: now)
        keys.cookieNext.append(KeyFile(name, since: now))
        do {
            try write(keys)
        } catch {
            if path == nil { unlink(Files.resolve(name, in: Files.directory(of: file))) }
            throw error
        }
        return name
    }

    /// Lets a published key sign; the one that signed is retired.
    /// - Parameter isForced: Whether it need not have been published for long enough.
    /// - Throws: ``CookieKeyError``.
    public func promote(_ name: String?, isForced: Bool, at now: Int64) throws {
        let key = try find(name, .published)
        if !isForced { try requireDue(key, "sign", "who verifies cookies may not know it before", at: now) }
        guard settings.settings.cookie.keyID == nil else {
            throw CookieKeyError(
                description: "cookie.key_id gives each signing key the same kid, so that two keys can't be told apart: "
                    + "take it out of the configuration first")
        }
        var keys = written
        keys.cookieNext.removeAll { $0.path == key.file }
        if let old = keys.cookie { keys.cookiePrevious.insert(KeyFile(old.path, since: now), at: 0) }
        keys.cookie = KeyFile(key.file, since: now)
        try write(keys)
    }

    /// Takes a key out that signs no more, or not yet. Its file stays.
    /// - Parameter isForced: Whether cookies that it signed may be left: they count no more.
    /// - Throws: ``CookieKeyError``.
    public func retire(_ name: String?, isForced: Bool, at now: Int64) throws -> String {
        let key = try find(name, .retired, .published)
        if !isForced, key.state == .retired {
            try requireDue(key, "be taken out", "cookies that it signed may be in use", at: now)
        }
        var keys = written
        keys.cookieNext.removeAll { $0.path == key.file }
        keys.cookiePrevious.removeAll { $0.path == key.file }
        try write(keys)
        return key.file
    }

    /// The key with this kid or file; without a name the only one in the first of `states`.
    private func find(_ name: String?, _ states: CookieKeyState...) throws -> CookieKey {
        let found = all.filter { key in
            name.map { states.contains(key.state) && ($0 == key.keyID || $0 == key.file) } ?? (key.state == states[0])
        }
        if found.count == 1 { return found[0] }
        let words = states.map(\.rawValue).joined(separator: " or ")
        guard let name else {
            throw CookieKeyError(
                description: found.isEmpty
                    ? "no key is \(states[0].rawValue)"
                    : "\(found.count) keys are \(states[0].rawValue): name one by its kid or file")
        }
        throw CookieKeyError(description: "no \(words) key has this kid or file: \(printable(name))")
    }

    private func requireDue(_ key: CookieKey, _ step: String, _ reason: String, at now: Int64) throws {
        if let due = key.due, now >= due { return }
        let known = key.due.map { "it may \(step) from \(CivilTime(seconds: $0).rfc3339Text) on" }
        let unknown = "the configuration does not say since when it is \(key.state.rawValue)"
        throw CookieKeyError(
            description: "\(key.file): \(known ?? unknown): \(reason). --force does it now")
    }

    /// Makes a key in a new file, for the same user as the present one's.
    private func make(_ algorithm: JWSAlgorithm?, at now: Int64) throws -> String {
        let present = all.first { $0.state == .signing }
        let key = try SigningKey.generate(
            algorithm ?? present.flatMap { JWSAlgorithm(rawValue: $0.algorithm) } ?? .rs256)
        let folder = present.map { Files.directory(of: $0.file) } ?? "."
        let name = Files.resolve("session-cookie-\(CivilTime(seconds: now).mediaWikiText).key", in: folder)
        let path = Files.resolve(name, in: Files.directory(of: file))
        try Files.create(path, key.pem, mode: 0o600)
        var status = stat()
        let model = present.map { Files.resolve($0.file, in: Files.directory(of: file)) }
        if let model, stat(model, &status) == 0 { _ = chown(path, status.st_uid, status.st_gid) }
        return name
    }
}

// MARK: - The file

extension CookieKeys {
    /// Writes the file with `keys`, when that changes nothing else.
    private func write(_ keys: KeyFiles) throws {
        if let variable = environment.keys.first(where: { $0.hasPrefix("SESSIONGATE_KEYS_COOKIE") }) {
            throw CookieKeyError(
                description: "the environment sets \(variable), which a changed file would not override")
        }
        let target = URL(filePath: file).resolvingSymlinksInPath().path(percentEncoded: false)
        let old = try Files.read(target, limit: 1 << 20)
        var edit = ConfigurationEdit(String(decoding: old, as: UTF8.self))
        let codec = Codec<KeyFile>.keyFile
        func list(_ files: [KeyFile]) -> String? {
            files.isEmpty ? nil : yamlText(.array(files.map(codec.encode)))
        }
        let isEdited =
            edit.set("cookie_next", in: "keys", to: list(keys.cookieNext))
            && edit.set("cookie", in: "keys", to: keys.cookie.map { yamlText(codec.encode($0)) })
            && edit.set("cookie_previous", in: "keys", to: list(keys.cookiePrevious))
        guard isEdited else { throw Self.unreadable(file) }
        let text = Array(edit.text.utf8)
        try check(text, keys)
        try replace(target, with: text)
    }

    /// Puts the new text in place of the old one, in one step.
    private func replace(_ target: String, with text: [UInt8]) throws {
        // Not hidden, and always the same name: two commands at once can't both have it.
        let draft = target + ".new"
        var status = stat()
        guard stat(target, &status) == 0 else { throw FileProblem.system(target) }
        try Files.create(draft, text, mode: status.st_mode & 0o777)
        do {
            _ = chown(draft, status.st_uid, status.st_gid)
            guard rename(draft, target) == 0 else { throw FileProblem.system(target) }
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// The new text must say what was meant, and be as right as the old one was.
    private func check(_ text: [UInt8], _ keys: KeyFiles) throws {
        var reading = Reading(file: file, contents: text, environment: environment)
        reading.applyTable()
        guard reading.problems.isEmpty, reading.configuration.keys == keys else { throw Self.unreadable(file) }
        let loaded = try LoadedConfiguration.read(file, contents: text, environment).result.get()
        let others = ConfigurationSection.all.flatMap(\.keys).filter { !$0.path.hasPrefix("keys.") }
        guard others.allSatisfy({ $0.value(loaded.configuration) == $0.value(settings) }) else {
            throw Self.unreadable(file)
        }
    }

    private static func unreadable(_ file: String) -> CookieKeyError {
        CookieKeyError(
            description:
                "\(file): the section keys can't be edited as it is written; write each of its keys on a line of its own"
        )
    }
}
