// Why a message can't be read. The peer's fault, always: a well-formed message of any version decodes.

import Bytes

/// A message that is not well-formed protobuf, or that breaks the contract's types.
public enum WireError: String, Error, Sendable, CaseIterable {
    /// The message ends inside a field.
    case truncated
    /// A length runs beyond the message that it is in.
    case lengthBeyondMessage = "length-beyond-message"
    /// A varint of more than ten bytes, or of more than 64 bits.
    case varintTooLong = "varint-too-long"
    /// Field number 0, or above 2^29 − 1.
    case badFieldNumber = "bad-field-number"
    /// A group (wire types 3 and 4), or a wire type that does not exist.
    case unsupportedWireType = "unsupported-wire-type"
    /// A field of the contract with another wire type than the contract's.
    case wrongWireType = "wrong-wire-type"
    /// A value outside its type's range.
    case outOfRange = "out-of-range"
}
