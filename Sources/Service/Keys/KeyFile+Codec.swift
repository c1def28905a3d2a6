// How the file of a cookie key is written: its name, or a table with the name and the time.

import Bytes

extension Codec where Value == KeyFile {
    /// A file name, or `{file: …, since: …}`.
    static var keyFile: Codec {
        let file = Codec<String>.file
        return Codec(
            expectation: file.expectation + ", or {file: …, since: …}",
            decode: { source, mismatches in
                guard case .table = source.content else {
                    return file.decode(source, &mismatches).map { KeyFile($0) }
                }
                let names = ["file", "since"]
                guard let fields = source.fields(names, required: ["file"], of: nil, &mismatches),
                    let path = fields["file"].flatMap({ file.decode($0, part: "file", &mismatches) })
                else { return nil }
                guard let since = fields["since"] else { return KeyFile(path) }
                return Codec<Int64>.time.decode(since, part: "since", &mismatches).map { KeyFile(path, since: $0) }
            },
            encode: { key in
                guard let since = key.since else { return .string(key.path) }
                return ["file": .string(key.path), "since": Codec<Int64>.time.encode(since)]
            })
    }
}

extension Codec where Value == Int64 {
    /// A time in UTC.
    fileprivate static var time: Codec {
        scalar(
            "a time in UTC such as 2026-01-31T12:00:00Z", { CivilTime.seconds(rfc3339: $0) },
            format: { CivilTime(seconds: $0).rfc3339Text })
    }
}
