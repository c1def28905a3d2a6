// What runs: the version, which is written here and nowhere else, and the sources that it was built from.

import CBuild

/// What this build is called.
public enum Version {
    /// Semantic version.
    public static let current = "0.1.0"
    /// The commit it was built from, with a `+` when files had changes that it has not; nil when it was not built by `make`.
    public static let commit = text(sessiongate_commit())
    /// The day of that commit, `YYYY-MM-DD`: the same sources give the same program on every day.
    public static let date = text(sessiongate_date())
    /// Name and version: `sessiongate 0.1.0 (1b2b2bc06c13, 2026-11-27)`.
    public static let text: String = {
        let sources = [commit, date].compactMap { $0 }
        return "sessiongate \(current)" + (sources.isEmpty ? "" : " (\(sources.joined(separator: ", ")))")
    }()

    private static func text(_ value: UnsafePointer<CChar>) -> String? {
        value.pointee == 0 ? nil : String(cString: value)
    }
}
