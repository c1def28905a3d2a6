/// How a header of an answer is set: `HeaderValueOption.HeaderAppendAction` of envoy.config.core.v3.
package enum HeaderAppendAction: Int32, Sendable {
    /// Adds a value, also where the header has one.
    case appendIfExistsOrAdd = 0
    /// Sets the header where it is absent.
    case addIfAbsent = 1
    /// Sets the header; replaces a value that is there.
    case overwriteIfExistsOrAdd = 2
    /// Replaces the value of a header that is there.
    case overwriteIfExists = 3
}
