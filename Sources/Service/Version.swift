/// What this build is called.
public enum Version {
    /// Semantic version.
    public static let current = "0.1.0"
    /// Name and version: `sessiongate 0.1.0`.
    public static let text = "sessiongate \(current)"
}
