// How a check ends before its end.

/// Why a check stops early. A refusal is a value, not an error of ours; it travels as a throw because nothing follows it.
enum Halt: Error {
    /// The request's credentials are not valid.
    case refused(Reason)
    /// Something must be fetched first.
    case needs(Lookup)
    /// There can be no verdict.
    case failed(Fault)
}
