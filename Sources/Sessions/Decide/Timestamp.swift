// The clock is a parameter everywhere.

/// A moment, UTC.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970.
    public var milliseconds: Int64

    /// A time in milliseconds since 1970.
    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A time in seconds since 1970.
    @inlinable
    public init(seconds: Int64) { self.milliseconds = seconds &* 1000 }

    /// Whole seconds since 1970, as PHP's `time()` says.
    @inlinable
    public var seconds: Int64 { milliseconds / 1000 }

    /// Earlier.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
