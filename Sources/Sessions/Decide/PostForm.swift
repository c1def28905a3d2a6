// The form of a request as PHP sees it, which is not always the one that an OAuth 1 signature covers.

import Bytes

extension Request {
    /// The form that PHP reads into `$_POST`, as far as it is shown: of `POST` requests, of this type in any case. Empty when there
    /// is none; forms of type `multipart/form-data` are not read.
    package var postForm: Bytes {
        guard method == "POST", !body.isEmpty, let type = contentType?.trimmed else { return .empty }
        let name = type.prefix(
            type.buffer.firstIndex { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: ",") || $0 == 0x20 } ?? type.count)
        return name.equalsIgnoringCase("application/x-www-form-urlencoded") ? body : .empty
    }
}
